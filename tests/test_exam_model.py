"""Exams: shipped ones, files and mappings; where values came from; changes on the command line."""

import subprocess
import sys

import pytest

from ctdose.errors import CtdoseError
from ctdose.exam.faults import ExamError
from ctdose.exam.library import exam_names, exam_text, load_exam
from ctdose.exam.parse import exam_from_text
from ctdose.phantoms.family import BODIES

CHEST = exam_text("chest")


def test_shipped_exams():
    assert {"abdomen-pelvis", "chest", "head"} <= set(exam_names())
    for name in exam_names():
        exam = load_exam(name)
        assert exam.phantom in BODIES
        assert exam.scanner == "generic-64"
        assert exam.simulation.histories == 10_000_000
        assert exam.simulation.seed == 1
        assert isinstance(exam.simulation.histories, int)
        assert exam_text(name).count("#") > 10


def test_a_file_and_a_name(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(CHEST.replace("pitch: 1.0", "pitch: 0.9"))
    exam = load_exam(file)
    assert exam.acquisitions[0].pitch == 0.9
    assert exam.folder == tmp_path
    assert load_exam("chest").folder is None
    with pytest.raises(
        CtdoseError, match=r"exam=chst \(neither a file nor a shipped exam\)\. Nearest: chest"
    ):
        load_exam("chst")
    with pytest.raises(CtdoseError, match="not a shipped exam"):
        exam_text("chst")


def test_a_mapping_has_the_same_rules_without_lines():
    data = {"exam": "x", "phantom": "adult", "scanner": "generic-64", "acquisitions": []}
    with pytest.raises(ExamError, match=r"^exam: acquisitions=\[\] \(must not be empty\)"):
        load_exam(data)


def test_every_optional_key_is_accepted_where_it_has_an_effect():
    more = "    start_angle_deg: 12.5\n    rotation_direction: counterclockwise\n    table_direction: caudocranial\n"
    more += "    scan_margin_mm: 5\n    irradiation_event_uid: 1.2.840.1\n    ctdi_phantom_cm: 32\n    focal_spot:\n"
    text = CHEST.replace("    modulation: []", more + "    modulation: []")
    text += "  estimator: analogue\n  cutoff_kev: 2\n  doppler: true\n  voxel_mm: 4\n"
    text += (
        "patient_position: head-first-supine\noff_centre_mm: [0, 20]\ntable:\nprocedure: P\nindication: I\n"
    )
    text += "exam_date: 2024-05-31\nsubject: {key: A, age_years: 50, sex: female, height_cm: 163, weight_kg: 60}\n"
    exam = exam_from_text(text)
    assert exam.acquisitions[0].start_angle_deg == 12.5
    assert exam.off_centre_mm == (0.0, 20.0)
    assert exam.exam_date == "2024-05-31"
    assert exam.subject.height_cm == 163
    assert exam.simulation.doppler is True


def test_an_event_uid_of_two_parts_is_a_number_to_yaml_and_needs_quotes():
    text = CHEST.replace("    modulation: []", "    irradiation_event_uid: 1.2\n    modulation: []")
    with pytest.raises(ExamError, match="in quotes"):
        exam_from_text(text)


def test_origin_of_values():
    exam = load_exam("chest").with_simulation(seed=5, histories=None)
    assert exam.simulation.seed == 5
    assert exam.origin(("simulation", "seed")) == "command line"
    assert exam.origin(("simulation", "histories")) == "user"
    assert exam.origin(("simulation", "doppler")) == "default"
    assert exam.origin(("acquisitions", 0, "pitch")) == "user"
    assert exam.origin(("acquisitions", 0, "scan_margin_mm")) == "default"
    assert exam.line(("acquisitions", 0, "pitch")) == 15


def test_a_wrong_value_of_the_command_line_is_a_fault():
    with pytest.raises(ExamError, match=r"^command line: histories=0 \(must be at least 1\)"):
        load_exam("chest").with_simulation(histories=0)
    with pytest.raises(ExamError, match=r"histroies=1 \(unknown key\)\. Nearest: histories"):
        load_exam("chest").with_simulation(histroies=1)


def test_exams_are_frozen():
    with pytest.raises(ValueError, match="frozen"):
        load_exam("chest").phantom = "x"


def test_importing_ctdose_does_not_import_pydantic():
    code = "import sys, ctdose; assert 'pydantic' not in sys.modules; assert 'yaml' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
