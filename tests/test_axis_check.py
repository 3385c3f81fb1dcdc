"""The rotation axis may be off centre, but not so far that the body is out of the scan field."""

import pytest

from ctdose.exam.axis_check import field_radius_mm
from ctdose.exam.faults import ExamError
from ctdose.exam.library import load_exam
from ctdose.execution.prepared import prepare
from ctdose.phantoms.library import load_bodies
from ctdose.scanner.library import load_scanner

EXAM = {
    "exam": "Off centre",
    "phantom": "water-cylinder",
    "scanner": "generic-64",
    "acquisitions": [
        {
            "name": "a",
            "mode": "axial",
            "tube_voltage_kv": 120,
            "bowtie": "body",
            "collimation_mm": 40,
            "table_increment_mm": 40,
            "rotation_time_s": 0.5,
            "scan_range": [-40, 40],
            "tube_current_ma": 200,
        }
    ],
}


@pytest.fixture(scope="module")
def bodies():
    return load_bodies("water-cylinder", 20.0)


def test_field_of_a_shipped_scanner_is_half_a_metre_wide():
    assert field_radius_mm(load_scanner("generic-64")) == pytest.approx(250.0, abs=1.0)


@pytest.mark.parametrize("where", [{"off_centre_mm": [0, 240]}, {"isocentre_mm": [-150, 150]}, {}])
def test_within_the_field(bodies, where):
    prepare(load_exam(EXAM | where), bodies=bodies)


@pytest.mark.parametrize(
    ("where", "line"),
    [
        (
            {"off_centre_mm": [0, 900]},
            r"off_centre_mm=\[0, 900\] \(the axis passes .*water.* 900 mm away\)\. Keep",
        ),
        (
            {"isocentre_mm": [-200, 200]},
            r"isocentre_mm=\[-200, 200\] \(the axis passes .* 283 mm away\)\. Keep",
        ),
    ],
)
def test_beyond_the_field(bodies, where, line):
    with pytest.raises(ExamError, match=line) as caught:
        prepare(load_exam(EXAM | where), bodies=bodies)
    assert len(caught.value.lines) == 1
    assert "250 mm round the axis." in str(caught.value)
