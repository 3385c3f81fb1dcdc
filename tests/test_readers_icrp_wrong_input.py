"""Faults of files of ICRP's voxel phantoms: one clear line each."""

import pytest

from ctdose.errors import CtdoseError
from ctdose.phantoms.readers.icrp import read_icrp_phantom
from icrp_child import MEDIA, ORGANS, as_dat, as_slices, make_files, make_ids, read, write


def with_id(number):
    ids = make_ids()
    ids[5, 5, 5] = number
    return as_dat(ids)


def without_last_slice():
    slices = as_slices(make_ids())
    return {"05M.dat": None, **slices, "05M_slice7.g4dat": None}


WRONG = {
    "no files": (dict.fromkeys(make_files()), "(no files of an ICRP phantom)"),
    "no organs": ({"05M_organs.dat": None}, "05M_organs.dat (missing)"),
    "no media": ({"05M_media.dat": None}, "05M_media.dat (missing)"),
    "no spongiosa": ({"05M_spongiosa.dat": None}, "05M_spongiosa.dat (missing)"),
    "no voxels": ({"05M.dat": None}, "05M: (no 05M.dat and no 05M_slice1.g4dat)"),
    "truncated": ({"05M.dat": as_dat(make_ids())[:-50]}, "(truncated: 1344 are expected)"),
    "too long": ({"05M.dat": as_dat(make_ids()) + "0 0"}, "05M.dat: numbers=1346 (too long"),
    "unknown id": ({"05M.dat": with_id(77)}, "05M: id=77 (in the voxels, but not in 05M_organs.dat)"),
    "nothing": ({"05M.dat": as_dat(0 * make_ids())}, "05M: (no voxel of an organ)"),
    "huge id": ({"05M.dat": with_id(4096)}, "05M.dat: id=4096 (outside 0 to 1022)"),
    "foreign": ({"05M.dat": "\x89PNG" + "x" * 99}, "05M.dat: (not a text of organ numbers)"),
    "negative": ({"05M.dat": with_id(-3)}, "05M.dat: (not a text of organ numbers)"),
    "missing slice": (without_last_slice(), "05M_slice7.g4dat: (is missing: 12 slices are expected)"),
    "slice too many": (
        {"05M.dat": None, **as_slices(make_ids()), "05M_slice13.g4dat": "14 8 12 0"},
        "05M_slice13.g4dat: (is one too many",
    ),
    "slice of another": (
        {"05M.dat": None, **as_slices(make_ids()), "05M_slice3.g4dat": "14 8 13 0"},
        "05m_slice3.g4dat: (its header differs",
    ),
    "slice truncated": (
        {"05M.dat": None, **as_slices(make_ids()), "05M_slice3.g4dat": "14 8 12 0 0"},
        "05m_slice3.g4dat: numbers=5 (truncated: 115 are expected)",
    ),
    "slice foreign": (
        {"05M.dat": None, **as_slices(make_ids()), "05M_slice1.g4dat": "hello"},
        "05m_slice1.g4dat: (no header)",
    ),
    "organ without density": (
        {"05M_organs.dat": "95  Liver  30\n"},
        "05M_organs.dat:1: (not an organ's line)",
    ),
    "organ twice": ({"05M_organs.dat": ORGANS + ORGANS}, "05M_organs.dat:24: (id=14 stands twice)"),
    "organ table empty": ({"05M_organs.dat": "Organs\n"}, "05M_organs.dat: (no organ in it)"),
    "organ table binary": ({"05M_organs.dat": "\0\1\2"}, "05M_organs.dat: (not a text file)"),
    "organ of no medium": (
        {"05M_media.dat": MEDIA.replace("\n32 ", "\n33 ")},
        "05M_organs.dat: medium=32 of Brain (not in 05M_media.dat)",
    ),
    "media row short": (
        {"05M_media.dat": MEDIA.replace("74.8   0.0", "74.8")},
        "05M_media.dat:9: (not a medium's line)",
    ),
    "media sum": ({"05M_media.dat": MEDIA.replace("74.8", "64.8")}, "05M_media.dat:9: mass_fractions=0.9"),
    "spongiosa": ({"05M_spongiosa.dat": "3 0.5 0.6 0.7\n"}, "05M_spongiosa.dat:1: (not a line of bone"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_bad_file_is_one_clear_line(tmp_path, case):
    changes, message = WRONG[case]
    files = {name: text for name, text in {**make_files(), **changes}.items() if text is not None}
    with pytest.raises(CtdoseError) as error:
        read(write(tmp_path, files))
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_shape_and_voxel_size_are_asked_for(tmp_path):
    write(tmp_path, make_files())
    with pytest.raises(CtdoseError, match="Give --voxel-mm"):
        read(tmp_path, voxel_mm=None)
    with pytest.raises(CtdoseError, match="Give --shape"):
        read(tmp_path, shape=None)
    with pytest.raises(CtdoseError, match=r"shape=9000x9000x9000 \(must hold"):
        read(tmp_path, shape=(9000, 9000, 9000))
    with pytest.raises(ValueError, match="arms='up'"):
        read(tmp_path, arms="up")
    with pytest.raises(ValueError, match="sex='x'"):
        read_icrp_phantom(tmp_path, "x")


def test_exchanged_sides_are_refused(tmp_path):
    write(tmp_path, make_files(make_ids()[:, :, ::-1]))
    with pytest.raises(CtdoseError, match=r"left_lung \(lies on the right of right_lung\)"):
        read(tmp_path)


def test_head_down_and_back_to_front_are_refused(tmp_path):
    write(tmp_path, make_files(make_ids()[::-1]))
    with pytest.raises(CtdoseError, match=r"brain \(lies below liver\)"):
        read(tmp_path)
    spine = ORGANS + "50    Thoracic spine, spongiosa                        14    1.1\n"
    ids = make_ids()
    ids[7, 6, 6] = 50
    write(tmp_path, {**make_files(ids), "05M_organs.dat": spine})
    assert read(tmp_path).organ("thoracic_spine_spongiosa")
    write(tmp_path, {"05M.dat": as_dat(ids[:, ::-1])})
    with pytest.raises(CtdoseError, match=r"sternum_spongiosa \(lies behind thoracic_spine_spongiosa\)"):
        read(tmp_path)
