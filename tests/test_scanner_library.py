"""The scanner library, scanner files of one's own, and their faults."""

import pytest

from ctdose.errors import CtdoseError
from ctdose.exam.faults import ExamError
from ctdose.exam.library import load_exam
from ctdose.scanner.library import load_scanner, scanner_names, scanner_text

TEXT = scanner_text("generic-64")


def test_every_shipped_scanner_loads():
    for name in scanner_names():
        assert load_scanner(name).scanner == name


def test_the_text_is_commented_yaml_with_its_notices():
    assert TEXT.startswith("#")
    assert "Copyright 2024, GE Precision HealthCare" in TEXT
    assert "BSD" in TEXT


def test_unknown_names():
    with pytest.raises(CtdoseError, match=r"scanner=generic64 \(neither .*\)\. Nearest: generic-64"):
        load_scanner("generic64")
    with pytest.raises(CtdoseError, match="not in the library"):
        scanner_text("generic64")


def test_a_file_of_ones_own_is_found_beside_the_exam(tmp_path):
    (tmp_path / "my-ct.yaml").write_text(TEXT.replace("scanner: generic-64", "scanner: my-ct"))
    assert load_scanner("my-ct.yaml", tmp_path).scanner == "my-ct"
    assert load_scanner(tmp_path / "my-ct.yaml").scanner == "my-ct"


@pytest.mark.parametrize(
    ("old", "new", "fragment"),
    [
        (
            "fan_angle_deg: 55 ",
            "fan_angle_deg: 55 deg ",
            "fan_angle_deg=55 deg (must be a number). Write a number in deg",
        ),
        ("anode_side: foot", "anode_side: left", "anode_side=left (must be one of head, foot)"),
        ("aluminium: 7.0", "aluminium: -1", "(every thickness must lie between 0 and 100 mm)"),
        ("aluminium: 7.0", "aluminum7: 7", "aluminum7=aluminum7 (unknown material)"),
        ("    material: aluminium", "    material: unobtainium", "material=unobtainium (unknown material)"),
        ("    p: 4.29\n", "", "(the formula is incomplete)"),
        ("    p: 4.29\n", "    p: 4.29\n    table_deg_mm: [[0, 1], [9, 2]]\n", "body="),
        ("    p: 4.29\n", "    p: 4.29\n    sharpness: 2\n", "sharpness=2 (unknown key)"),
        (
            "beam_width_mm: 42.5",
            "beam_width_mm: 4.25",
            "beam_width_mm=4.25 (much narrower than 40 mm nominal)",
        ),
        ("current_min_ma: 10", "current_min_ma: 900", "current_min_ma=900 (not below the greatest current)"),
        ("voltages_kv: [80,", "voltages_kv: [8,", "(every tube voltage must lie between 40 and 150 kV)"),
        (
            "rotation_times_s: [0.35",
            "rotation_times_s: [0",
            "(every rotation time must lie between 0.05 and 60 s)",
        ),
        ("bowtie: body", "bowtie: bdy", "bowtie=bdy (no bowtie of this file). Nearest: body"),
        (
            "reference_collimation_mm: 40",
            "reference_collimation_mm: 38",
            "(no collimation of this file). Known: 40",
        ),
        ("[120, 16.7]", "[70, 16.7]", "(the tube voltages must rise)"),
        ("[120, 16.7]", "[120, 0]", "(every row must be a tube voltage and a positive CTDI_w)"),
        ("relative_systematic_error: 0.18", "relative_systematic_error: 15", "must be at most 1"),
        ("  a: 1.3", "  a: .nan", "a=.nan (must be finite)"),
    ],
)
def test_faults_have_lines(scanner_fault, old, new, fragment):
    assert fragment in scanner_fault(TEXT, old, new)


def test_an_exam_names_the_fault_of_its_scanner(tmp_path):
    (tmp_path / "my-ct.yaml").write_text(
        TEXT.replace("p: 4.29", "p: x").replace("anode_side: foot", "anode_side: x")
    )
    exam = tmp_path / "exam.yaml"
    from ctdose.exam.library import exam_text

    exam.write_text(exam_text("chest").replace("generic-64", "my-ct.yaml"))
    with pytest.raises(
        ExamError, match=r"exam.yaml:8: scanner=my-ct.yaml \(its file has faults\)\. .*anode_side"
    ):
        load_exam(exam)
