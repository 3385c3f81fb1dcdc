"""`ctdose phantom import`: a phantom file and its organ table; wrong input: exit code 2, one line, nothing written."""

import numpy as np
import pytest

from ctdose.cli.main import main
from ctdose.phantoms.phantom_file import load_phantom

ORGANS = """\
14    Humeri, upper half, spongiosa                     3    1.200
95    Liver                                            30    1.050
"""
MEDIA = "1 8\n3   Humeri, upper half, spongiosa 8.5 91.5\n30  Liver 10.2  89.8\n"
RAW = """\
phantom: mine
file: mine.raw
dtype: uint8
shape: [3, 2, 4]
spacing_mm: [5, 5, 5]
organs: [{id: 1, name: liver, material: water}]
"""
NODE = "4 3 0 0\n1 0 0 0\n2 9 0 0\n3 0 9 0\n4 0 0 9\n"
CARDS = "C Liver 1.06 g/cm3\nm95 1000 -0.1\n8000 -0.9\n"
ICRP = ["icrp", ".", "--sex", "female", "--shape", "4,3,2", "--voxel-mm", "2,3,5"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ids = np.full((2, 3, 4), 95)
    ids[1, 1, :2] = 14
    for name, text in {
        "10F.dat": " ".join(map(str, ids.ravel())),
        "10F_organs.dat": ORGANS,
        "10F_media.dat": MEDIA,
        "10F_spongiosa.dat": "3 0.2 0.3 0.5\n",
        "mine.yaml": RAW,
        "m.node": NODE,
        "m.ele": "1 4 1\n1 1 2 3 4 95\n",
        "m.material": CARDS,
        "notes.txt": "mine",
    }.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "mine.raw").write_bytes(b"\1" * 24)
    return tmp_path


def run(*arguments):
    return main(["phantom", "import", *arguments])


GOOD = {
    "icrp": (ICRP, "icrp143-10y-female", ("humeri_upper_spongiosa", "liver")),
    "icrp arms out": ([*ICRP, "--arms", "out"], "icrp143-10y-female", ("liver",)),
    "mesh": (["mesh", "m.node", "--voxel-mm", "5"], "m", ("liver",)),
    "mesh two files": (["mesh", "m.node", "m.ele", "--organs", "m.material"], "m", ("liver",)),
    "raw": (["raw", "mine.yaml"], "mine", ("liver",)),
}


@pytest.mark.parametrize("case", GOOD)
def test_import_writes_a_phantom_file_and_shows_it(case, capsys):
    arguments, name, organs = GOOD[case]
    assert run(*arguments, "-o", "out.h5") == 0
    shown = capsys.readouterr()
    phantom = load_phantom("out.h5")
    assert phantom.name == name
    assert tuple(organ.name for organ in phantom.organs) == organs
    assert shown.out.startswith(f"{name}\n")
    assert "Wrote out.h5." in shown.err
    assert main(["phantom", "show", "out.h5"]) == 0
    assert capsys.readouterr().out == shown.out


def test_a_child_of_a_wrong_mass_and_unknown_names_are_said(capsys, folder):
    """A voxel size typed wrong shows in the mass; a structure without a known name has no tissue."""
    (folder / "10F_organs.dat").write_text(ORGANS.replace("Liver", "Hepar"))
    assert run(*ICRP, "-o", "out.h5") == 0
    err = capsys.readouterr().err
    assert "mass: 0.000765 kg, and 32 kg are those of a reference person of that age. Check --voxel-mm" in err
    assert "names: of no known organ, so without a tissue: hepar." in err


WRONG = {
    ("icrp", "none", "--sex", "male"): "none: (no such folder or archive)",
    ("icrp", ".", "--sex", "male"): "sex=male (not among its phantoms). It holds 10F.",
    ("icrp", ".", "--sex", "female"): "voxel_mm of 10F (unknown). Give --voxel-mm",
    (*ICRP[:6], "--voxel-mm", "2,3"): "voxel_mm=2,3 (not three numbers)",
    (*ICRP[:4], "--voxel-mm", "2,3,5", "--shape", "4,3,1.5"): "shape=4,3,1.5 (not whole numbers)",
    (*ICRP[:4], "--voxel-mm", "2,3,5", "--shape", "4,3,3"): "numbers=24 (truncated: 36 are expected)",
    (*ICRP, "--arms", "up"): "--arms",
    ("icrp", "."): "--sex",
    ("icrp", "notes.txt", "--sex", "male"): "notes.txt: (neither a folder nor an archive)",
    ("mesh", "none.node"): "none.node: (no such file)",
    ("mesh", "m.node", "mine.raw"): "mine.raw: (not a text of numbers)",
    ("mesh", "m.node", "--voxel-mm", "0"): "voxel_mm=0",
    ("mesh", "m.node", "--unit", "inch"): "--unit",
    ("mesh", "m.node", "--axes", "XYZ"): "axes=XYZ",
    ("mesh", "m.node", "--organs", "mine.yaml"): "mine.yaml",
    ("raw", "none.yaml"): "none.yaml: (no such file)",
    ("raw", "notes.txt"): "notes.txt",
    ("raw", "mine.raw"): "mine.raw",
}


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_wrong_input_is_one_line_and_writes_nothing(arguments, capsys, folder):
    before = sorted(folder.iterdir())
    assert run(*arguments, "-o", "out.h5") == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert WRONG[arguments] in shown.err
    assert "Traceback" not in shown.err
    assert all(line.endswith((".", "?")) for line in shown.err.splitlines())
    assert sorted(folder.iterdir()) == before


def test_what_exists_is_kept(capsys, folder):
    assert run("raw", "mine.yaml", "-o", "out.h5") == 0
    first = (folder / "out.h5").read_bytes()
    (folder / "mine.yaml").write_text(RAW.replace("water", "air"))
    assert run("raw", "mine.yaml", "-o", "out.h5") == 2
    assert "output=out.h5 (exists). Add --overwrite" in capsys.readouterr().err
    assert (folder / "out.h5").read_bytes() == first
    assert run("raw", "mine.yaml", "-o", "out.h5", "--overwrite") == 0
    assert load_phantom("out.h5").materials[0].name == "air"
    for name, why in (
        ("notes.txt", "is not a ctdose phantom"),
        (".", "(a folder)"),
        ("no/out.h5", "no folder"),
    ):
        assert run("raw", "mine.yaml", "-o", name, "--overwrite") == 2
        assert why in capsys.readouterr().err
    assert (folder / "notes.txt").read_text() == "mine"
