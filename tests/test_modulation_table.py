"""Tables of the tube current: interpolation, and files that are read."""

import numpy as np
import pytest

from ctdose.exam.modulation_keys import ModulationOptions
from ctdose.exam.modulation_table import CurrentTable, TableFault, find_table, read_table, table_of

TABLE = CurrentTable(
    np.array([0.0, 10.0]),
    np.array([45.0, 135.0, 315.0]),
    np.array([[100.0, 200.0, 400.0], [200.0, 400.0, 800.0]]),
)


def test_between_the_rows_it_is_linear_and_beyond_them_held():
    z = np.array([-5.0, 0.0, 2.5, 10.0, 99.0])
    assert TABLE.at(z, np.full(5, 45.0)) == pytest.approx([100, 100, 125, 200, 200])


def test_around_the_turn_it_is_linear_too():
    # From 315 deg (400 mA) to 405 deg = 45 deg (100 mA): 250 mA half way, at 0 deg.
    angle = np.array([45.0, 90.0, 225.0, 315.0, 0.0, 360.0, -45.0, 405.0])
    assert TABLE.at(np.zeros(8), angle) == pytest.approx([100, 150, 300, 400, 250, 250, 400, 100])


def test_a_table_in_the_exam():
    table = table_of(ModulationOptions(z_mm=[0.0, 5.0], tube_current_ma=[100.0, 50.0]))
    assert not table.has_angles
    assert table.at(np.array([2.5]), np.array([77.0])) == pytest.approx([75.0])
    assert table.mean_ma == 75.0


def test_a_file_and_the_same_table_in_the_exam_are_one(tmp_path):
    file = tmp_path / "t.csv"
    file.write_text(
        "# exported\nangle_deg, z_mm, tube_current_ma\n0,0,1e2\n90,0,50\n\n0,5.5,200\n90,5.5,150\n"
    )
    table, sha256 = read_table(file)
    same = table_of(
        ModulationOptions(
            z_mm=[0.0, 5.5], angle_deg=[0.0, 90.0], tube_current_ma=[[100.0, 50.0], [200.0, 150.0]]
        )
    )
    for name in ("z_mm", "angle_deg", "tube_current_ma"):
        assert getattr(table, name).tolist() == getattr(same, name).tolist()
    assert len(sha256) == 64
    assert find_table("t.csv", tmp_path) == file
    assert find_table("other.csv", tmp_path) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("# only\n", "empty"),
        ("z_mm\n0\n5\n", "line 1: the column tube_current_ma is missing"),
        ("z_mm,z_mm,tube_current_ma\n", "line 1: a column comes twice"),
        ("z_mm,tube_current_ma\n0,100\n5,100,3\n", "line 3: 3 values for 2 columns"),
        ("z_mm,tube_current_ma\n0,nan\n5,1\n", "line 2: not finite"),
        ("z_mm,tube_current_ma\n0,-1\n5,1\n", "line 2: a current is not above 0 and at most 5000 mA"),
        ("z_mm,tube_current_ma\n0,100\n", "fewer than two values of z_mm"),
        ("z_mm,tube_current_ma\n", "fewer than two values of z_mm"),
        ("z_mm,tube_current_ma\n0,0\n5,0\n", "line 2: a current is not above 0"),
        ("root:x:0,secret/\n0,0\n", "line 1: unknown column$"),
        ("z_mm,angle_deg,tube_current_ma\n0,0,1\n0,360,1\n", "line 3: an angle is not from 0 to below 360"),
        ("z_mm,tube_current_ma\n" + "".join(f"{i},1\n" for i in range(2001)), "more than 2000 z"),
    ],
)
def test_what_is_wrong_in_a_file_is_said_with_its_line(tmp_path, text, why):
    file = tmp_path / "t.csv"
    file.write_text(text)
    with pytest.raises(TableFault, match=why) as caught:
        read_table(file)
    assert caught.value.right.endswith(".")


def test_a_file_that_is_no_text_or_too_large_is_refused(tmp_path):
    file = tmp_path / "t.csv"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TableFault, match="not text in UTF-8"):
        read_table(file)
    file.write_bytes(b"#" * 8_000_001)
    with pytest.raises(TableFault, match="larger than 8 MB"):
        read_table(file)
