"""Raw voxels by a YAML file: order, axes, types; what is wrong is one line a fault."""

import numpy as np
import pytest

from ctdose.errors import CtdoseError
from ctdose.phantoms.readers import assemble
from ctdose.phantoms.readers.raw import read_raw_phantom

NX, NY, NZ = 5, 4, 6
ABOUT = {
    "phantom": "mine",
    "file": "mine.raw",
    "dtype": "uint8",
    "shape": "[5, 4, 6]",
    "spacing_mm": "[2, 3, 5.5]",
}
ORGANS = """\
organs:
  - {id: 1, name: muscle, tissue: muscle, material: muscle-skeletal}
  - {id: 2, name: left_lung, tissue: lung, material: icrp110-male-lung, density_g_cm3: 0.3}
  - {id: 3, name: right_lung, tissue: lung, material: icrp110-male-lung, density_g_cm3: 0.3}
  - {id: 7, name: left_lung, tissue: lung, mass_fractions: {H: 0.1, O: 0.9}, density_g_cm3: 1.1, note: "Vessels."}
"""


def make_ids():
    """[z, y, x], LPS: nothing symmetric."""
    ids = np.ones((NZ, NY, NX), int)
    ids[3:5, 1:3, 3:] = 2
    ids[4, 1, 4] = 7
    ids[3:6, 2, 0] = 3
    ids[0, 0, 0] = ids[0, 0, 1] = 0
    return ids


def write(folder, ids=None, organs=ORGANS, **changes):
    about = {**ABOUT, **changes}
    order, dtype = about.get("order", "zyx"), np.dtype(about["dtype"])
    array = (make_ids() if ids is None else ids).transpose(["zyx".index(axis) for axis in order])
    swap = ">" if about.get("byte_order") == "big" else "<"
    raw = np.ascontiguousarray(array).astype(dtype.newbyteorder(swap)).tobytes()
    (folder / "mine.raw").write_bytes(b"H" * int(about.get("offset_bytes", 0)) + raw)
    lines = [f"{key}: {value}" for key, value in about.items() if value is not None]
    (folder / "mine.yaml").write_text("\n".join(lines) + "\n" + organs)
    return folder / "mine.yaml"


def test_voxels_organs_materials(tmp_path):
    phantom = read_raw_phantom(write(tmp_path))
    ids = make_ids()
    assert np.array_equal(phantom.region_index, np.where(ids == 7, 2, ids))
    assert phantom.spacing_mm == (2.0, 3.0, 5.5)
    assert phantom.origin_mm == (-4.0, -4.5, -13.75)
    assert phantom.name == "mine"
    assert phantom.anatomy is None
    masses, cm3 = phantom.region_masses_g(), 0.033
    assert masses[2] == pytest.approx((7 * 0.3 + 1.1) * cm3)
    assert phantom.organ("left_lung").note == "Vessels."
    assert phantom.organ("left_lung").icrp103_tissue == "lung"
    assert [organ.name for organ in phantom.organs] == ["muscle", "left_lung", "right_lung"]
    assert phantom.materials[phantom.material_index[0, 0, 0]].name == "air"


@pytest.mark.parametrize("order", ["zyx", "zxy", "yzx", "yxz", "xzy", "xyz"])
def test_order_of_the_axes(tmp_path, order):
    phantom = read_raw_phantom(write(tmp_path, order=order))
    assert np.array_equal(phantom.region_index, np.where(make_ids() == 7, 2, make_ids()))


@pytest.mark.parametrize(("dtype", "order"), [("int16", "big"), ("uint16", "little"), ("int32", "big")])
def test_types_byte_order_and_header(tmp_path, dtype, order):
    phantom = read_raw_phantom(write(tmp_path, dtype=dtype, byte_order=order, offset_bytes=37))
    assert np.array_equal(phantom.region_index, np.where(make_ids() == 7, 2, make_ids()))


@pytest.mark.parametrize(("axes", "step"), [("RPS", (1, 1, -1)), ("LAS", (1, -1, 1)), ("RAI", (-1, -1, -1))])
def test_axes_that_run_the_other_way(tmp_path, axes, step):
    ids = make_ids()[:: step[0], :: step[1], :: step[2]]
    phantom = read_raw_phantom(write(tmp_path, ids, axes=axes, origin_mm="[1, 2, 3]"))
    assert np.array_equal(phantom.region_index, np.where(make_ids() == 7, 2, make_ids()))
    assert phantom.origin_mm == (1.0, 2.0, 3.0)


def test_a_person_has_groups_and_an_age(tmp_path):
    phantom = read_raw_phantom(write(tmp_path, person="{sex: male, age: 10y, height_cm: 138}"))
    assert phantom.anatomy.groups == {"lungs": ("left_lung", "right_lung")}
    assert (phantom.anatomy.age, phantom.anatomy.height_cm) == ("10y", 138.0)
    assert not phantom.anatomy.reference_person
    assert phantom.anatomy.scan_ranges_mm == {}  # no pelvis, no brain


def test_large_numbers_are_numbered_anew(tmp_path):
    organs = ORGANS.replace("id: 3,", "id: 60000,")
    ids = np.where(make_ids() == 3, 60000, make_ids())
    phantom = read_raw_phantom(write(tmp_path, ids, organs, dtype="uint16"))
    assert [(o.organ_id, o.name) for o in phantom.organs] == [
        (1, "muscle"),
        (2, "left_lung"),
        (3, "right_lung"),
    ]
    assert phantom.organ("right_lung").note == "Number 60000 of the file."
    assert np.array_equal(phantom.region_index == 3, make_ids() == 3)


def test_number_0_can_be_an_organ(tmp_path):
    organs = ORGANS + "  - {id: 0, name: bath, material: water}\n"
    phantom = read_raw_phantom(write(tmp_path, organs=organs))
    assert phantom.organ("bath").organ_id == 0
    assert phantom.region_masses_g()[0] == pytest.approx(2 * 0.033)


def odd(number):
    ids = make_ids()
    ids[2, 2, 2] = number
    return ids


WRONG = {
    "unknown id": ({"ids": odd(5)}, "mine.yaml: id=5 (in 1 voxels, but not in the table). Add it to organs."),
    "nothing": ({"ids": 0 * make_ids()}, "mine.yaml: (no voxel of an organ)"),
    "negative": ({"ids": odd(-5), "dtype": "int16"}, "id=-5 (outside 0 to 1048575). Check dtype"),
    "wrong order": ({"ids": make_ids()[:, :, ::-1]}, "left_lung (lies on the right of right_lung)"),
    "dtype": ({"dtype": "uint8\nbyte_order: small"}, "byte_order=small (must be one of little, big)"),
    "shape": ({"shape": "[5, 4]"}, "shape=[5, 4]"),
    "huge": ({"shape": "[90000, 90000, 90000]"}, "shape=[90000, 90000, 90000] (must hold 1 to"),
    "no shape": ({"shape": None}, "shape (missing). Write [nx, ny, nz]."),
    "spacing": ({"spacing_mm": "[2, 3, 0]"}, "spacing_mm=[2, 3, 0] (each must lie between 0.01"),
    "axes": ({"axes": "XYZ"}, "axes=XYZ (not of that form). Write where x, y, z run to"),
    "unknown key": ({"axes": "LPS\nspaceing_mm: 3"}, "spaceing_mm=3 (unknown key). Nearest: spacing_mm"),
    "missing file": ({"file": "other.raw"}, "other.raw: (no such file)"),
    "truncated": ({"offset_bytes": "0\nshape: [5, 4, 7]", "shape": None}, "bytes=120 (truncated: 140 are"),
    "too long": ({"offset_bytes": "0\nshape: [5, 4, 5]", "shape": None}, "bytes=120 (too long: 100 are"),
    "tissue": (
        {"organs": ORGANS.replace("tissue: muscle", "tissue: mussle")},
        "tissue=mussle (no tissue of ICRP",
    ),
    "material": ({"organs": ORGANS.replace("muscle-skeletal", "muscel")}, "material=muscel (no material of"),
    "name": ({"organs": ORGANS.replace("name: muscle", "name: Muscle!")}, "name=Muscle! (not of that form)"),
    "no material": (
        {"organs": ORGANS.replace(", material: muscle-skeletal", "")},
        "(needs either material or mass_fractions). Give one",
    ),
    "no density": (
        {"organs": ORGANS.replace("density_g_cm3: 1.1, ", "")},
        "(mass_fractions without density_g",
    ),
    "sum": ({"organs": ORGANS.replace("O: 0.9", "O: 0.7")}, "mass_fractions=0.8 (their sum"),
    "element": ({"organs": ORGANS.replace("O: 0.9", "Ox: 0.9")}, "element=Ox (unknown)"),
    "id twice": ({"organs": ORGANS.replace("id: 3", "id: 2")}, "id=2 (twice in the table of organs)"),
    "tissues differ": (
        {"organs": ORGANS.replace("tissue: lung, mass", "tissue: muscle, mass")},
        "left_lung (numbers of one organ differ in tissue",
    ),
    "no organs": ({"organs": "organs: []\n"}, "organs=[] (must not be empty)"),
    "not yaml": ({"organs": "organs: [\n"}, "not YAML"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_bad_file_is_one_clear_line(tmp_path, case):
    changes, message = WRONG[case]
    path = write(tmp_path) if case in ("huge", "dtype", "truncated", "too long") else None
    if path is None:
        path = write(tmp_path, **changes)
    else:  # what numpy could not write
        lines = [f"{k}: {v}" for k, v in {**ABOUT, **changes}.items() if v is not None]
        path.write_text("\n".join(lines) + "\n" + ORGANS)
    with pytest.raises(CtdoseError) as error:
        read_raw_phantom(path)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_materials_of_numbers_that_are_there_are_bounded(tmp_path, monkeypatch):
    rows = [
        f"  - {{id: {k}, name: o{k}, mass_fractions: {{H: 1}}, density_g_cm3: {k / 100}}}"
        for k in range(1, 290)
    ]
    ids = np.arange(1, 121).reshape(NZ, NY, NX) + 150
    path = write(tmp_path, ids, "organs:\n" + "\n".join(rows), dtype="int16")
    assert len(read_raw_phantom(path).materials) == 121
    monkeypatch.setattr(assemble, "MAX_MATERIALS", 100)
    with pytest.raises(CtdoseError, match=r"\(more than 99 materials\)"):
        read_raw_phantom(path)
