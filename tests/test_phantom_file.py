"""The phantom file: what is read is what was written; what is damaged or foreign is refused in one line."""

import math
import re

import h5py
import numpy as np
import pytest

from ctdose.errors import CtdoseError
from ctdose.phantoms import Anatomy, MarrowSite, Organ, VoxelPhantom
from ctdose.phantoms.phantom_file import load_phantom, save_phantom
from ctdose.physics.materials import Material
from ctdose.seal import MARK, SEAL_BYTES
from damaged_files import refusals


def make(**changes):
    rng = np.random.default_rng(1)
    region = rng.integers(0, 4, (7, 5, 6))
    region[0, 0, 0] = 1022
    values = {
        "material_index": rng.integers(0, 2, region.shape),
        "materials": [
            Material("air"),
            Material.from_mass_fractions("müsli", {"H": 0.1, "C": 0.9}, density_g_cm3=0.7),
        ],
        "spacing_mm": (1.0, 2.0, 1 / 3),
        "origin_mm": (-3.0, 0.1, 7.0),
        "region_index": region,
        "density_g_cm3": None,
        "name": "test phantom",
        "organs": (Organ(1, "liver", "liver", "10200004", 1800.0, 1.0, "é"), Organ(2, "rest")),
        "anatomy": Anatomy(
            "me",
            "female",
            False,
            "5y",
            groups={"all": ("liver", "rest")},
            marrow_sites=(MarrowSite(-1, "ribs_spongiosa", 4400, 1.0, 0.3, 2.0),),
            scan_ranges_mm={"chest": (0.0, 0.1)},
            landmarks_mm={"vertex": (1, 2, 3)},
            arms="raised",
        ),
    }
    values.update(changes)
    return VoxelPhantom(**values)


def same(a, b):
    assert (a.name, a.materials, a.spacing_mm, a.origin_mm) == (
        b.name,
        b.materials,
        b.spacing_mm,
        b.origin_mm,
    )
    assert np.array_equal(a.material_index, b.material_index)
    assert np.array_equal(a.region_index, b.region_index)
    assert (a.density_g_cm3 is None) == (b.density_g_cm3 is None)
    if a.density_g_cm3 is not None:
        assert np.array_equal(a.density_g_cm3, b.density_g_cm3)
    assert a.organs == b.organs
    assert str(a.anatomy) == str(b.anatomy)  # an unknown weight is NaN
    assert a.sha256() == b.sha256()


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"organs": ()},
        {"anatomy": None},
        {"density_g_cm3": np.linspace(0.0, 0.004, 210).reshape(7, 5, 6)},
    ],
)
def test_round_trip(tmp_path, changes):
    phantom = make(**changes)
    path = save_phantom(phantom, tmp_path / "a.h5")
    same(phantom, load_phantom(path))
    assert [file.name for file in tmp_path.iterdir()] == ["a.h5"]


def test_other_programs_can_read_it(tmp_path):
    with h5py.File(save_phantom(make(), tmp_path / "a.h5")) as file:
        assert file.attrs["format"] == "ctdose-phantom"
        assert file.attrs["format_version"] == "1.0"
        for name in ("material_index", "region_index"):
            dataset = file[name]
            assert dataset.attrs["units"] == "1"
            assert (dataset.compression, dataset.shuffle, dataset.fletcher32) == ("gzip", True, True)
            assert [dataset.dims[i].keys() for i in range(3)] == [["z"], ["y"], ["x"]]
        assert file["z"].attrs["units"] == "mm"
        assert file["z"][1] - file["z"][0] == pytest.approx(1 / 3)
        assert file["organs"].dtype.names[:2] == ("organ_id", "name")
        assert math.isnan(file["organs"][1]["reference_mass_g"])


def test_partial_organs_make_it_version_1_1(tmp_path):
    """Without one the file is what version 1.0 was, and is read as such."""
    with h5py.File(save_phantom(make(), tmp_path / "a.h5")) as file:
        assert "partial" not in file["organs"].dtype.names
    organs = (Organ(1, "liver", partial=True), Organ(2, "rest"))
    path = save_phantom(make(organs=organs, anatomy=None), tmp_path / "b.h5")
    with h5py.File(path) as file:
        assert file.attrs["format_version"] == "1.1"
    assert load_phantom(path).organs == organs
    assert (
        load_phantom(path).sha256()
        != make(organs=(Organ(1, "liver"), Organ(2, "rest")), anatomy=None).sha256()
    )


def test_an_existing_file_is_kept_unless_asked(tmp_path):
    path = save_phantom(make(), tmp_path / "a.h5")
    before = path.read_bytes()
    with pytest.raises(CtdoseError, match="exists"):
        save_phantom(make(name="b"), path)
    assert path.read_bytes() == before
    save_phantom(make(name="b"), path, overwrite=True)
    assert load_phantom(path).name == "b"


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(CtdoseError, match="cannot be written"):
        save_phantom(make(), tmp_path / "no" / "a.h5")


def test_a_failed_write_leaves_nothing(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr("ctdose.phantoms.phantom_tables._organ_table", fail)
    with pytest.raises(CtdoseError, match="disk full"):
        save_phantom(make(), tmp_path / "a.h5")
    assert list(tmp_path.iterdir()) == []


def external_link(file, folder):
    with h5py.File(folder / "other.h5", "w") as other:
        other["material_index"] = file["material_index"][()]
    del file["material_index"]
    file["material_index"] = h5py.ExternalLink("other.h5", "/material_index")


def soft_link(file, folder):
    file["elsewhere"] = file["region_index"]
    del file["region_index"]
    file["region_index"] = h5py.SoftLink("/elsewhere")


def external_data(file, folder):
    shape = file["region_index"].shape
    del file["region_index"]
    file.create_dataset(
        "region_index", shape, "u2", external=[(str(folder / "raw.bin"), 0, h5py.h5f.UNLIMITED)]
    )


def virtual(file, folder):
    layout = h5py.VirtualLayout(shape=file["region_index"].shape, dtype="u2")
    layout[:] = h5py.VirtualSource(str(folder / "raw.h5"), "x", shape=layout.shape)
    del file["region_index"]
    file.create_virtual_dataset("region_index", layout)


def replace(name, **what):
    def change(file, folder):
        del file[name]
        if what:
            file.create_dataset(name, **what)

    return change


def attribute(name, value):
    def change(file, folder):
        del file.attrs[name]
        if value is not None:
            file.attrs[name] = value

    return change


def group(file, folder):
    del file["organs"]
    file.create_group("organs")


def other_numbers(file, folder):
    file["region_index"][1, 1, 1] = 77


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (external_link, "link to somewhere else"),
        (soft_link, "link to somewhere else"),
        (external_data, "lies in another file"),
        (virtual, "lies in another file"),
        (group, "not a dataset"),
        (other_numbers, "damaged"),
        (replace("organs"), "organs is missing"),
        (replace("material_index"), "material_index is missing"),
        (replace("material_index", shape=(7, 5, 6), dtype="i4"), "dtype int32"),
        (replace("material_index", shape=(7, 5), dtype="u1"), "shape"),
        (replace("region_index", shape=(7, 5, 7), dtype="u2"), "shape"),
        (replace("region_index", shape=(7, 5, 6), dtype="u2", compression="lzf"), "filter"),
        (replace("anatomy", data=np.zeros(3)), "anatomy has dtype"),
        (replace("organs", shape=(10**6,), dtype=[("organ_id", "i4")]), "organs has dtype"),
        (replace("organs", data=np.zeros(2)), "damaged"),
        (attribute("format", None), "no phantom"),
        (attribute("format", "ctdose-result"), "no phantom"),
        (attribute("format", 3), "no phantom"),
        (attribute("format_version", "2.0"), "unknown"),
        (attribute("spacing_mm", 3.0), "three numbers"),
        (attribute("spacing_mm", (1.0, 2.0, -1.0)), "damaged"),
        (attribute("name", None), "damaged"),
    ],
)
def test_strange_files_are_refused_in_one_line(tmp_path, change, message):
    path = save_phantom(make(), tmp_path / "a.h5")
    with h5py.File(path, "r+") as file:
        change(file, tmp_path)
    refused(path, message)


def refused(path, message):
    with pytest.raises(CtdoseError) as caught:
        load_phantom(path)
    assert re.search(message, str(caught.value))
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_absurd_shapes_are_refused_before_they_are_read(tmp_path):
    path = tmp_path / "a.h5"
    save_phantom(make(), path)
    with h5py.File(path, "r+") as file:
        for name, kind in (("material_index", "u1"), ("region_index", "u2")):
            del file[name]
            file.create_dataset(name, shape=(100_000, 100_000, 1000), dtype=kind, chunks=(1, 100, 100))
    refused(path, "At most")


def test_no_phantom_at_all(tmp_path):
    refused(tmp_path / "missing.h5", "no such file")
    refused(tmp_path, "not a file")
    text = tmp_path / "text.h5"
    text.write_text("phantom")
    refused(text, "not an HDF5 file")
    empty = tmp_path / "empty.h5"
    empty.write_bytes(b"")
    refused(empty, "not an HDF5 file")


def test_a_phantom_file_is_sealed_and_older_ones_without_a_seal_are_read(tmp_path):
    phantom = make()
    path = save_phantom(phantom, tmp_path / "a.h5")
    whole = path.read_bytes()
    assert whole[-SEAL_BYTES:].startswith(MARK)
    path.write_bytes(whole[:-SEAL_BYTES])
    same(phantom, load_phantom(path))


def test_a_flipped_bit_is_noticed_before_hdf5_sees_it(tmp_path):
    path = save_phantom(make(), tmp_path / "a.h5")
    broken = bytearray(path.read_bytes())
    broken[broken.index(b"origin_mm") - 3] ^= (
        1  # the header of an attribute, which no checksum of HDF5 covers
    )
    path.write_bytes(broken)
    refused(path, "does not match its checksum")


def test_a_grid_that_declares_more_than_it_holds_is_refused(tmp_path):
    path = save_phantom(make(), tmp_path / "a.h5")
    with h5py.File(path, "r+") as file:
        for name, kind in (("material_index", "u1"), ("region_index", "u2")):
            del file[name]
            file.create_dataset(name, shape=(900, 1000, 1000), dtype=kind, chunks=(1, 1000, 1000))
    refused(path, "more than the file can hold")


@pytest.mark.parametrize("command", ["show", "run", "check"])
def test_a_damaged_phantom_file_is_one_line_and_nothing_is_written(tmp_path, capfd, monkeypatch, command):
    from ctdose.cli.main import main

    monkeypatch.chdir(tmp_path)
    broken = bytearray(save_phantom(make(), "p.h5").read_bytes())
    broken[len(broken) // 2] ^= 1
    (tmp_path / "p.h5").write_bytes(broken)
    (tmp_path / "e.yaml").write_text(
        "exam: x\nphantom: p.h5\nscanner: generic-64\nacquisitions:\n"
        "  - {name: a, mode: axial, tube_voltage_kv: 120, bowtie: body, collimation_mm: 40, rotation_time_s: 0.5,\n"
        "     table_increment_mm: 40, scan_range: [7, 9], tube_current_ma: 200}\n"
        "simulation: {histories: 1000, seed: 1}\n"
    )
    arguments = {"show": ["phantom", "show", "p.h5"], "run": ["run", "e.yaml"], "check": ["check", "e.yaml"]}
    assert main(arguments[command]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert "does not match its checksum" in err
    assert len(err.splitlines()) == 1, err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["e.yaml", "p.h5"]


@pytest.mark.parametrize(("kind", "rounds"), [("cut", 60), ("anywhere", 60), ("begin", 60)])
def test_damage_is_noticed(tmp_path, kind, rounds):
    source = save_phantom(make(), tmp_path / "a.h5")
    assert refusals("phantom", source, tmp_path / "b.h5", kind, rounds) > rounds * 0.9
