"""Focal spot, filter, tilt and off-focal radiation from an exam's file to the kernel's tables, and its calibration."""

import numpy as np
import pytest

import ctdose
from ctdose.calibration import calibrate as calibration
from ctdose.calibration import ctdi, kept_results
from ctdose.calibration.chosen_beam import build_chosen_beam, calibrate_chosen_beam, is_chosen_beam_calibrated
from ctdose.errors import CtdoseError
from ctdose.exam.beam_choice import BeamChoice
from ctdose.exam.faults import ExamError
from ctdose.exam.library import load_exam
from ctdose.exam.resolved import resolve
from ctdose.exam.view_pieces import OPEN
from ctdose.phantoms.library import load_named
from ctdose.results.assemble import beam_edges_mm
from ctdose.scanner.library import load_scanner

PLAIN = load_scanner("generic-64")
TABLES = [t.model_copy(update={"filter": None}) for t in PLAIN.output.tables if t.filter is None]
OWN = {
    **PLAIN.model_dump(mode="json", exclude_none=True),
    "scanner": "made-up",
    "focal_spots": {
        "small": {"width_mm": 0.7, "length_mm": 0.6},
        "large": {"width_mm": 1.2, "length_mm": 1.1},
    },
    "off_focal": {"fraction": 0.05, "sigma_mm": 8.0, "source": "made up"},
    "filters": {"tin-0.4": {"thickness_mm": {"Sn": 0.4}}},
    "output": {
        **PLAIN.output.model_dump(mode="json", exclude_none=True),
        "tables": [t.model_dump(mode="json", exclude_none=True) for t in TABLES],
    },
}
OWN["geometry"] |= {"source_collimator_distance_mm": 200.0, "gantry_tilt_max_deg": 24.0}
OWN["over_ranging"] |= {"dynamic_collimation": True}


@pytest.fixture
def exam_of(tmp_path):
    """An exam of a water cylinder on the made-up scanner."""
    from ctdose.yaml_writer import write_yaml

    def make(simulation=None, scanner=None, **keys):
        (tmp_path / "own.yaml").write_text(write_yaml({**OWN, **(scanner or {})}), encoding="utf-8")
        acquisition = {
            "name": "a",
            "mode": "helical",
            "tube_voltage_kv": 120,
            "bowtie": "body",
            "collimation_mm": 40,
            "pitch": 1.0,
            "rotation_time_s": 0.5,
            "scan_range": [-50, 50],
            "tube_current_ma": 200,
            **keys,
        }
        given = {"histories": 65536, **(simulation or {})}
        text = {
            "exam": "x",
            "phantom": "water-cylinder",
            "scanner": str(tmp_path / "own.yaml"),
            "acquisitions": [{k: v for k, v in acquisition.items() if v is not None}],
            "simulation": given,
        }
        (tmp_path / "exam.yaml").write_text(write_yaml(text), encoding="utf-8")
        return load_exam(tmp_path / "exam.yaml")

    return make


def resolved(exam):
    return resolve(exam, load_scanner(exam.scanner), [load_named("water-cylinder", 10)])


def test_the_keys_reach_the_beam(exam_of):
    exam = exam_of(focal_spot="large", filter="tin-0.4", gantry_tilt_deg=-15, simulation={"off_focal": True})
    found = resolved(exam)
    [plan] = next(iter(found.plans.values()))
    assert plan.beams == (
        BeamChoice(120.0, "body", 40.0, filter="tin-0.4", focal_spot="large", gantry_tilt_deg=-15.0),
    )
    row = build_chosen_beam(found.scanner, plan.beams[0], off_focal=True).row
    assert row.tilt_rad == pytest.approx(-np.pi / 12)
    assert row.spot == pytest.approx((0.12, 0.11, 0.05, 0.8, 20.0))
    assert plan.beam_width_along_axis_mm == pytest.approx(42.5 / np.cos(np.pi / 12))
    assert [piece.blades != OPEN for piece in plan.pieces] == [True, False, True]
    text = found.to_yaml()
    for line in ("focal_spot: large", "filter: tin-0.4", "gantry_tilt_deg: -15", "off_focal: true"):
        assert line in text
    assert (
        "#   gantry tilted by -15 deg: z is where the beam's central plane crosses the axis; D_w, SSDE and"
        in text
    )


def test_what_is_left_out_is_the_first_spot_no_filter_and_no_tilt(exam_of):
    found = resolved(exam_of())
    [plan] = next(iter(found.plans.values()))
    row = build_chosen_beam(found.scanner, plan.beams[0]).row
    assert row.spot == pytest.approx((0.07, 0.06, 0.0, 0.0, 20.0))
    assert row.tilt_rad == 0.0


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (
            {"gantry_tilt_deg": 25},
            r"gantry_tilt_deg=25 \(beyond its greatest tilt\)\. made-up tilts by 24 deg",
        ),
        ({"focal_spot": "huge"}, r"focal_spot=huge \(no focal spot of made-up\)\. It has: small, large"),
        ({"filter": "tin"}, r"filter=tin \(no filter of made-up\)\. It has: tin-0.4\.$"),
        (
            {"filter": "tin-0.4", "tube_current_ma": None, "ctdi_vol_mgy": 2, "ctdi_phantom_cm": 32},
            r"ctdi_vol_mgy=2 \(made-up states no output for bowtie body behind tin-0.4 in the 32 cm phantom\)",
        ),
        (
            {"mode": "localizer", "pitch": None, "rotation_time_s": None, "gantry_tilt_deg": 5},
            r"gantry_tilt_deg=5 \(has no effect in localizer mode\)",
        ),
    ],
)
def test_what_the_scanner_lacks_is_refused_in_one_line(exam_of, keys, message):
    with pytest.raises(ExamError, match=message) as caught:
        exam_of(**keys)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("missing", ["off_focal", "source_collimator_distance_mm"])
def test_off_focal_radiation_needs_the_scanners_word(exam_of, missing):
    geometry = {k: v for k, v in OWN["geometry"].items() if k != missing}
    without = {"off_focal": None} if missing == "off_focal" else {"geometry": geometry}
    with pytest.raises(ExamError, match=rf"off_focal=true \(made-up states no {missing}\)\. Leave it out"):
        exam_of(scanner=without, simulation={"off_focal": True})


@pytest.mark.parametrize("tilt", [0.0, 20.0])
def test_a_tilt_leaves_range_feed_and_dlp_along_the_table(exam_of, tilt):
    [plan] = next(
        iter(
            resolved(
                exam_of(gantry_tilt_deg=tilt, mode="axial", pitch=None, table_increment_mm=40)
            ).plans.values()
        )
    )
    assert plan.dlp_length_mm == pytest.approx(120)
    assert plan.z_start_mm == -50
    low, high = beam_edges_mm(plan)
    assert high - low == pytest.approx(80 + 42.5 / np.cos(np.deg2rad(tilt)))


def quick(monkeypatch):
    """A calibration to 2 % takes a second."""
    exact = calibration.calibrate

    def calibrate(*arguments, **options):
        return exact(*arguments, **{**options, "relative_standard_error": 0.02})

    monkeypatch.setattr(calibration, "calibrate", calibrate)
    monkeypatch.setattr(ctdi, "FIRST_ROUND", 8)


def test_behind_a_filter_the_tube_emits_what_it_emits_without(exam_of, monkeypatch, tmp_path):
    """No output is stated behind the filter: photons by the model, CTDI_w simulated; with a table it is the table's."""
    monkeypatch.setattr(kept_results, "cache_dir", lambda name: tmp_path)
    monkeypatch.setattr(calibration, "RELATIVE_STANDARD_ERROR", 0.02)
    quick(monkeypatch)
    scanner = resolved(exam_of()).scanner
    open_, tin = BeamChoice(120.0, "head", 20.0), BeamChoice(120.0, "head", 20.0, filter="tin-0.4")
    assert not is_chosen_beam_calibrated(scanner, tin, 16)
    given = {"relative_standard_error": 0.02, "threads": 2}
    one = calibration.calibrate(scanner, 120, "head", 20, **given)
    other = calibration.calibrate(scanner, 120, "head", 20, filter="tin-0.4", **given)
    beams = [build_chosen_beam(scanner, choice) for choice in (open_, tin)]
    through = [beam.emitted * beam.tube_fluence for beam in beams]
    assert other.photons_per_mas / one.photons_per_mas == pytest.approx(through[1] / through[0], rel=1e-12)
    ratio = other.ctdi_w_mgy_per_100mas / one.ctdi_w_mgy_per_100mas
    kerma = [b.central_spectrum.kerma_by_energy().sum() for b in beams]
    assert 1.0 < ratio / (kerma[1] / kerma[0]) < 1.6  # hard photons reach deeper than their air kerma says
    assert other.calibration_id != one.calibration_id
    assert is_chosen_beam_calibrated(scanner, tin, 16)
    again = calibrate_chosen_beam(scanner, tin, 16)
    assert again == other
    body = next(t for t in TABLES if (t.bowtie, t.ctdi_phantom_cm) == ("head", 16))
    stated = body.model_copy(update={"filter": "tin-0.4", "ctdi_w_mgy_per_100mas": [[120, 1.5]]})
    output = scanner.output.model_copy(update={"tables": [*scanner.output.tables, stated]})
    with_table = scanner.model_copy(update={"output": output})
    third = calibration.calibrate(with_table, 120, "head", 40, filter="tin-0.4", **given)
    assert third.ctdi_w_mgy_per_100mas == pytest.approx(1.5)
    at_40 = other.ctdi_w_mgy_per_100mas * (42.5 / 40) / (22.5 / 20)
    per_photon = (
        third.photons_per_mas / other.photons_per_mas / (42.5 / 22.5)
    )  # as many more as the beam is wider
    assert per_photon == pytest.approx(1.5 / at_40, rel=1e-3)


def test_without_any_output_a_filter_is_refused_too(exam_of):
    scanner = resolved(exam_of()).scanner
    others = [t for t in scanner.output.tables if t.bowtie != "body"]
    output = scanner.output.model_copy(update={"tables": others})
    with pytest.raises(CtdoseError, match="states no output for bowtie body"):
        calibration.calibrate(
            scanner.model_copy(update={"output": output}), 120, "body", 40, filter="tin-0.4"
        )


def test_a_tilted_scan_with_all_of_it_runs(exam_of, monkeypatch):
    quick(monkeypatch)
    exam = exam_of(focal_spot="large", gantry_tilt_deg=20, simulation={"off_focal": True, "voxel_mm": 10})
    result = ctdose.simulate(exam, threads=2)
    assert result.acquisitions[0].dlp_mgy_cm > 0
