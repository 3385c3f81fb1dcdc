"""The resolved exam: marked values, and YAML that can be run again."""

from types import SimpleNamespace

import pytest

from ctdose.exam.faults import ExamError
from ctdose.exam.library import exam_names, exam_text, load_exam
from ctdose.exam.parse import exam_from_text
from ctdose.exam.resolved import resolve
from ctdose.phantoms.anatomy import SCAN_REGIONS
from ctdose.scanner.library import load_scanner


def body(name, **regions):
    anatomy = SimpleNamespace(body=name, scan_ranges_mm=regions, landmarks_mm={})
    box = {
        "z_range_mm": (-900.0, 900.0),
        "corner_mm": (-200.0, -100.0, -900.0),
        "size_mm": (400.0, 200.0, 1800.0),
    }
    return SimpleNamespace(name="phantom", anatomy=anatomy, **box)


REGIONS = {"chest": (300.0, 600.0), "head": (650.0, 850.0), "abdomen-pelvis": (-100.0, 330.0)}
ADULT = [
    body("adult-male", **REGIONS),
    body("adult-female", **{word: (a, b - 20) for word, (a, b) in REGIONS.items()}),
]
SCANNER = load_scanner("generic-64")


@pytest.mark.parametrize("name", exam_names())
def test_the_resolved_exam_can_be_run_again(name):
    exam = load_exam(name).with_simulation(seed=77)
    everywhere = [body(each, **dict.fromkeys(SCAN_REGIONS, (0.0, 300.0))) for each in ("one", "two")]
    resolved = resolve(exam, SCANNER, everywhere)
    again = exam_from_text(resolved.to_yaml())
    assert resolve(again, SCANNER, everywhere).plans == resolved.plans
    assert again.simulation == exam.simulation


def test_every_value_is_marked():
    lines = resolve(load_exam("chest").with_simulation(seed=77), SCANNER, ADULT).to_yaml().splitlines()
    marks = {line.split(":")[0].strip(" -"): line.rpartition("# ")[2] for line in lines if "  # " in line}
    assert marks["pitch"] == "user"
    assert marks["scan_margin_mm"] == "default"
    assert marks["ctdi_phantom_cm"] == "scanner"
    assert marks["seed"] == "command line"
    values = [line for line in lines if not line.startswith("#") and not line.endswith(":")]
    assert all("  # " in line or line[40:].startswith("#") or " # " in line for line in values)


def test_plans_by_body():
    plans = resolve(load_exam("chest"), SCANNER, ADULT).plans
    assert list(plans) == ["adult-male", "adult-female"]
    assert plans["adult-male"][0].planned_length_mm == 300
    assert plans["adult-female"][0].planned_length_mm == 280


def test_the_hash_follows_values_only():
    text = exam_text("chest")

    def of(changed):
        return resolve(exam_from_text(changed), SCANNER, ADULT).exam_sha256

    assert of(text) == of("# note\n" + text.replace("pitch: 1.0 ", "pitch: 1 "))
    assert of(text) == of(text.replace("    modulation: []", "    scan_margin_mm: 0\n    modulation: []"))
    assert of(text) != of(text.replace("pitch: 1.0 ", "pitch: 1.1 "))
    assert of(text) != of(text.replace("seed: 1", "seed: 2"))


def test_files_are_reduced_to_their_name_and_hash(tmp_path):
    from ctdose.scanner.library import scanner_text

    (tmp_path / "my-ct.yaml").write_text(scanner_text("generic-64"))
    file = tmp_path / "exam.yaml"
    file.write_text(exam_text("chest").replace("generic-64", str(tmp_path / "my-ct.yaml")))
    exam = load_exam(file)
    text = resolve(exam, load_scanner(exam.scanner, exam.folder), ADULT).to_yaml()
    assert str(tmp_path) not in text
    assert "scanner: my-ct.yaml" in text
    assert "user, sha256 " in text


@pytest.mark.parametrize(
    ("change", "bodies", "message"),
    [
        (("scan_range: chest", "scan_range: neck"), ADULT, "scan_range=neck (no region of this phantom)"),
        (
            ("scan_range: chest", "scan_range: [0, 950]"),
            ADULT[:1],
            "scan_range=[0, 950] (outside the phantom)",
        ),
        (("scan_range: chest", "scan_range: [0, 95]"), ADULT, "one coordinate cannot fit both"),
    ],
)
def test_ranges_that_do_not_fit(change, bodies, message):
    text = exam_text("chest").replace("phantom: adult ", "phantom: adult-male ").replace(*change)
    with pytest.raises(ExamError) as caught:
        resolve(exam_from_text(text), SCANNER, bodies)
    assert str(caught.value).startswith("exam.yaml:17: ")
    assert message in str(caught.value)


def test_a_phantom_without_regions_wants_numbers():
    cylinder = SimpleNamespace(name="water", anatomy=None, z_range_mm=(-75.0, 75.0))
    with pytest.raises(ExamError, match=r"this phantom has no regions\)\. Write \[z_start_mm, z_end_mm\]"):
        resolve(load_exam("chest"), SCANNER, [cylinder])


@pytest.mark.parametrize(("collimation", "table"), [(160, False), (80, True)])
def test_it_says_where_the_source_is_known_to_be_off(collimation, table):
    acquisition = {
        "name": "heart",
        "mode": "axial",
        "tube_voltage_kv": 100,
        "bowtie": "body",
        "rotation_time_s": 0.3,
    }
    acquisition |= {"collimation_mm": collimation, "scan_range": [300, 370], "tube_current_ma": 400}
    exam = load_exam(
        {
            "exam": "x",
            "phantom": "adult-male",
            "scanner": "generic-wide",
            "table": table,
            "acquisitions": [acquisition],
        }
    )
    text = resolve(exam, load_scanner("generic-wide"), ADULT[:1]).to_yaml()
    assert (
        "#   table: the scanner's CTDI_w is taken to hold without one; if it was measured on" in text
    ) == table
