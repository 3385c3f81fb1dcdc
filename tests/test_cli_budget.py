"""`show --uncertainty`, `show --profile` and `what-if` on a water cylinder, from the exam's file to the tables."""

import csv
import json

import pytest

import ctdose
from ctdose.calibration import ctdi_case
from ctdose.calibration.ctdi import SimulatedCTDI
from ctdose.cli.main import main

EXAM = """\
exam: Water cylinder
phantom: water-cylinder
scanner: generic-64
acquisitions:
  - name: middle
    mode: helical
    tube_voltage_kv: 120
    bowtie: body
    collimation_mm: 40
    pitch: 1.0
    rotation_time_s: 0.5
    scan_range: [-40, 40]
    OUTPUT
simulation:
  histories: 131072
  voxel_mm: 10
"""
CALIBRATION = SimulatedCTDI(9e-13, 1.7e-12, 1.4e-12, 1e-3, 10**8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Runs of a current and of a stated CTDI_vol, and of a quarter of the range, without and with views."""
    folder = tmp_path_factory.mktemp("budget")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(ctdi_case, "_cached", lambda identity: CALIBRATION)
        exams = {
            "mine": EXAM.replace("OUTPUT", "tube_current_ma: 200"),
            "stated": EXAM.replace("OUTPUT", "ctdi_vol_mgy: 10\n    ctdi_phantom_cm: 32"),
            "short": EXAM.replace("OUTPUT", "tube_current_ma: 150").replace("[-40, 40]", "[-20, 10]"),
            "bare": EXAM.replace("OUTPUT", "tube_current_ma: 200") + "  keep_views: false\n",
            "still": EXAM.replace("OUTPUT", "tube_current_ma: 200")
            .replace("helical", "axial")
            .replace("    pitch: 1.0\n", "")
            .replace("[-40, 40]", "[-20, 20]"),
        }
        for name, text in exams.items():
            (folder / f"{name}.yaml").write_text(text)
            seed = "2" if name == "short" else "1"
            assert main(["run", f"{name}.yaml", "--seed", seed, "--threads", "1", "--no-dose-map"]) == 0
    return folder


@pytest.fixture
def here(folder, monkeypatch):
    monkeypatch.chdir(folder)
    return folder


def shown(capsys, *words):
    """Comment lines, and the rows of the table."""
    capsys.readouterr()
    assert main(list(words)) == 0
    text = capsys.readouterr().out
    lines = text.splitlines()
    rows = csv.DictReader([line for line in lines if not line.startswith("#")], delimiter="\t")
    return [line for line in lines if line.startswith("#")], list(rows)


def refused(capsys, *words):
    capsys.readouterr()
    assert main(list(words)) == 2
    out = capsys.readouterr()
    assert out.out == ""
    return out.err


def test_the_budget_of_a_stated_current(here, capsys):
    lines, [row] = shown(capsys, "show", "mine.h5", "--uncertainty")
    dose = float(row["dose"])
    assert float(row["output"]) == pytest.approx(0.18 * dose)
    assert float(row["displayed_ctdi_vol"]) == 0.0
    assert float(row["calibration"]) == pytest.approx(0.001 * dose)
    assert row["filtration"] == row["bowtie"] == row["centring"] == ""  # measured in persons
    assert float(row["range_lower"]) == pytest.approx(float(row["range_upper"]), rel=0.1)
    # The cylinder's dose per centimetre of travel, over the root of three.
    ctdose_result = ctdose.load_result("mine.h5")
    travel = ctdose_result.acquisitions[0].irradiated_length_mm
    assert float(row["range_lower"]) == pytest.approx(10.0 / travel * dose / 3**0.5, rel=0.15)
    parts = [float(row[name] or 0.0) for name in ("calibration", "output", "range_lower", "range_upper")]
    assert float(row["systematic"]) == pytest.approx(sum(part**2 for part in parts) ** 0.5)
    assert float(row["expanded_systematic"]) == pytest.approx(2.0 * float(row["systematic"]))
    assert float(row["expanded_statistical"]) == pytest.approx(2.0 * float(row["standard_error"]))
    text = "\n".join(lines)
    assert "this patient is not the phantom" in text
    assert "Not known here, and not in the sum: bowtie, centring, filtration" in text


def test_a_scan_at_one_place_says_that_its_place_is_not_in_the_budget(here, capsys):
    lines, [row] = shown(capsys, "show", "still.h5", "--uncertainty")
    assert float(row["range_lower"]) == float(row["range_upper"]) == 0.0
    assert sum("Not included: where middle lies along z" in line for line in lines) == 1
    lines, _ = shown(capsys, "show", "mine.h5", "--uncertainty")
    assert not any("lies along z" in line for line in lines)


def test_a_stated_ctdi_vol_takes_the_place_of_the_output(here, capsys):
    lines, [row] = shown(capsys, "show", "stated.h5", "--uncertainty")
    assert float(row["output"]) == 0.0
    assert float(row["displayed_ctdi_vol"]) == pytest.approx(0.2 / 3**0.5 * float(row["dose"]))
    lines, _ = shown(capsys, "show", "stated.h5")
    assert any("the stated CTDI_vol adds 12 %" in line for line in lines)


def test_over_ranging_is_in_table_json_and_words(here, capsys):
    lines, [row] = shown(capsys, "show", "mine.h5")
    share = float(row["over_ranging_fraction"])
    result = ctdose.load_result("mine.h5").acquisitions[0]
    outside = 1.0 - result.planned_length_mm / result.irradiated_length_mm
    assert share == pytest.approx(outside, rel=0.05)
    assert 0.0 < float(row["over_ranging_fraction_standard_error"]) < 0.01
    assert any("Over-ranging gives water" in line for line in lines)
    capsys.readouterr()
    assert main(["show", "mine.h5", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    organ = data["bodies"]["water-cylinder"]["organs"]["water"]
    assert organ["over_ranging_fraction"] == share
    assert organ["systematic"]["centring"] is None
    assert data["uncertainty"]["coverage_factor"] == 2.0


def test_the_profile_adds_up_to_the_dose(here, capsys):
    lines, rows = shown(capsys, "show", "mine.h5", "--profile", "water")
    _, [organ] = shown(capsys, "show", "mine.h5")
    total = sum(float(row["absorbed_dose_mgy"]) for row in rows)
    assert total == pytest.approx(float(organ["absorbed_dose_mgy"]), rel=1e-5)
    planned = [row for row in rows if row["in_planned_range"] == "yes"]
    assert (float(planned[0]["z_start_mm"]), float(planned[-1]["z_end_mm"])) == (-40.0, 40.0)
    assert len(lines) == 1
    assert "dD/dz" in lines[0]


def test_what_if_is_the_direct_run(here, capsys):
    lines, [row] = shown(
        capsys, "what-if", "mine.h5", "--scan-range", "-20", "10", "--tube-current-ma", "150"
    )
    direct = ctdose.load_result("short.h5").organs["water"]
    error = (float(row["standard_error"]) ** 2 + direct.standard_error_mgy**2) ** 0.5
    assert abs(float(row["dose"]) - direct.absorbed_dose_mgy) < 3.3 * error
    assert float(row["ratio"]) < 0.6
    assert float(row["ratio_standard_error"]) / float(row["ratio"]) < 0.01
    text = "\n".join(lines)
    assert "No dose map" in text
    mas = ctdose.load_result("short.h5").acquisitions[0].on_body["water-cylinder"].total_mas
    assert f"middle on water-cylinder: {mas:.4g} mAs" in text


def test_what_if_from_a_file_of_currents(here, capsys):
    table = "z_mm: [-40, 40]\ntube_current_ma: [100, 300]\n"
    (here / "currents.yaml").write_text(table)
    _, [row] = shown(capsys, "what-if", "mine.h5", "--modulation", "currents.yaml")
    (here / "nested.yaml").write_text("modulation:\n  " + table.replace("\n", "\n  ").rstrip() + "\n")
    _, [again] = shown(capsys, "what-if", "mine.h5", "--modulation", "nested.yaml")
    assert again == row
    assert float(row["ratio"]) == pytest.approx(1.0, abs=0.01)
    assert float(row["ratio"]) != 1.0
    _, [same] = shown(capsys, "what-if", "mine.h5", "--modulation", "none")
    assert float(same["ratio"]) == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("what-if", "mine.h5"), "what-if (nothing is changed)"),
        (("what-if", "mine.h5", "--scan-range", "-60", "10"), "not simulated: the beam was not there"),
        (("what-if", "mine.h5", "--scan-range", "0", "9", "--region", "chest"), "two ranges at once"),
        (("what-if", "mine.h5", "--tube-current-ma", "-5"), "tube_current_ma"),
        (("what-if", "mine.h5", "--tube-current-ma", "90", "--acquisition", "midle"), "acquisition=midle"),
        (("what-if", "mine.h5", "--modulation", "none.yaml"), "none.yaml"),
        (("what-if", "mine.h5", "--modulation", "sideways"), "sideways"),
        (("what-if", "bare.h5", "--tube-current-ma", "90"), "the views were not kept"),
        (("show", "bare.h5", "--profile", "water"), "the views were not kept"),
        (("show", "mine.h5", "--profile", "watr"), "organ=watr (not in this result)"),
        (("show", "mine.h5", "--profile", "water", "--uncertainty"), "--uncertainty (with --profile"),
        (("show", "mine.h5", "--uncertainty", "--json"), "--uncertainty (with --json"),
    ],
)
def test_wrong_input_is_one_line(here, capsys, words, says):
    error = refused(capsys, *words)
    assert says in error
    assert "Traceback" not in error


def test_without_views_the_doses_are_the_same_bits(here):
    with_views, bare = (ctdose.load_result(f"{name}.h5") for name in ("mine", "bare"))
    assert bare.bodies["water-cylinder"].views is None
    ours, theirs = (r.bodies["water-cylinder"].batches.rows for r in (with_views, bare))
    assert (ours == theirs).all()
    organ = bare.organs["water"]
    assert organ.over_ranging_fraction != organ.over_ranging_fraction
    assert organ.systematic.range_lower != organ.systematic.range_lower
