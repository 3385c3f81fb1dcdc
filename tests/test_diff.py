"""Whether two results agree: bits, standard errors, what was different from the start."""

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest

from ctdose.cli.main import main
from ctdose.results.diff import diff_results, sidak_threshold
from ctdose.results.result_file import load_result, save_result

KEPT_FILE = Path(__file__).parent / "data" / "result_1_0.h5"


@pytest.fixture(scope="module")
def result():
    return load_result(KEPT_FILE)


def with_organs(result, change):
    """The result with `change(organ)` in place of each organ."""
    bodies = {}
    for name, body in result.bodies.items():
        organs = {key: change(organ) for key, organ in body.dose.organs.items()}
        bodies[name] = dataclasses.replace(body, dose=dataclasses.replace(body.dose, organs=organs))
    return dataclasses.replace(result, bodies=bodies)


def shifted(organ, sigmas):
    dose = organ.absorbed_dose_mgy + sigmas * math.sqrt(2.0) * organ.standard_error_mgy
    return dataclasses.replace(organ, absorbed_dose_mgy=dose)


def test_a_result_is_identical_to_itself_saved_and_loaded(result, tmp_path):
    save_result(result, tmp_path / "r.h5")
    found = diff_results(result, load_result(tmp_path / "r.h5"))
    assert found.identical
    assert found.agree is True
    assert found.verdict == "identical in all bits"
    assert (found.scores, found.settings, found.differing_parts) == ((), (), ())


def test_the_time_of_a_run_does_not_count(result):
    later = dataclasses.replace(result, created_utc="2030-01-01T00:00:00+00:00", seconds=1e3)
    assert diff_results(result, later).identical


def test_by_what_a_batch_knows_its_result_does_not_count(result):
    of_batch = dataclasses.replace(result, versions={**result.versions, "run_sha256": "0" * 64})
    assert diff_results(result, of_batch).identical
    newer = dataclasses.replace(of_batch, versions={**of_batch.versions, "ctdose_version": "9"})
    found = diff_results(result, newer)
    assert found.differing_parts == ("/: ctdose_version",)
    assert found.settings == (f"different ctdose_version: {result.versions['ctdose_version']} and 9",)


def test_one_bit_of_a_map_is_noticed(result):
    body = result.bodies["adult-male"]
    dose = body.map.absorbed_dose_mgy.copy()
    dose.view(np.uint32)[0, 0, 0] ^= 1
    changed = dataclasses.replace(body, map=dataclasses.replace(body.map, absorbed_dose_mgy=dose))
    found = diff_results(result, dataclasses.replace(result, bodies={**result.bodies, "adult-male": changed}))
    assert not found.identical
    assert found.differing_parts == ("/bodies/adult-male/dose/absorbed_dose_mgy",)
    assert found.agree is True
    assert found.max_abs_z == 0.0


def test_the_command_names_the_parts_if_they_are_few(result, tmp_path, capsys):
    save_result(result, tmp_path / "a.h5")
    save_result(dataclasses.replace(result, exam_yaml=result.exam_yaml + "# again\n"), tmp_path / "b.h5")
    assert main(["diff", str(tmp_path / "a.h5"), str(tmp_path / "b.h5")]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].startswith("The same in all bits of ")
    assert shown[-1] == "Not the same in all bits: /provenance/exam_yaml; all else is."
    moved = with_organs(result, lambda organ: shifted(organ, 1.0))
    save_result(
        dataclasses.replace(moved, exam="x", scanner_yaml="y", seed=2, histories=1), tmp_path / "c.h5"
    )
    main(["diff", str(tmp_path / "a.h5"), str(tmp_path / "c.h5")])
    assert "Not the same in all bits" not in capsys.readouterr().out


def test_nan_is_equal_to_nan_and_not_to_zero(result):
    body = result.bodies["adult-male"]
    assert np.isnan(body.map.relative_standard_error).any()
    error = np.nan_to_num(body.map.relative_standard_error)
    changed = dataclasses.replace(body, map=dataclasses.replace(body.map, relative_standard_error=error))
    found = diff_results(result, dataclasses.replace(result, bodies={**result.bodies, "adult-male": changed}))
    assert found.differing_parts == ("/bodies/adult-male/dose/relative_standard_error",)


def test_z_scores_are_differences_over_their_error(result):
    found = diff_results(with_organs(result, lambda organ: shifted(organ, 1.5)), result)
    scores = {score.name: score.z for score in found.scores}
    assert scores["adult-male: lungs (mGy)"] == pytest.approx(1.5)
    assert scores["effective dose ICRP 103 (mSv)"] == 0.0
    assert found.agree is True
    assert found.verdict.startswith("agree within sigma: largest deviation 1.50 sigma")


def test_a_deviation_that_chance_does_not_explain(result):
    found = diff_results(
        with_organs(result, lambda organ: shifted(organ, -6.0 if organ.name == "liver" else 0.5)), result
    )
    assert found.agree is False
    assert found.scores[0].name.endswith("liver (mGy)")
    assert found.scores[0].z == pytest.approx(-6.0)
    assert found.verdict.startswith("differ: largest deviation 6.00 sigma")


def test_uncertain_doses_are_left_out_and_named(result):
    doubtful = with_organs(
        result, lambda o: dataclasses.replace(o, standard_error_mgy=0.5 * o.absorbed_dose_mgy)
    )
    found = diff_results(doubtful, result)
    assert {score.name for score in found.scores} >= {"effective dose ICRP 103 (mSv)"}
    assert "adult-male: liver (mGy)" in found.left_out
    nothing = diff_results(dataclasses.replace(doubtful, effective_dose=None), result)
    assert nothing.agree is None
    assert "cannot be compared" in nothing.verdict
    assert math.isnan(nothing.max_abs_z)


def test_an_organ_that_received_nothing_in_one_of_them_is_a_difference(result):
    empty = with_organs(
        result,
        lambda o: (
            dataclasses.replace(o, absorbed_dose_mgy=0.0, standard_error_mgy=0.0) if o.name == "liver" else o
        ),
    )
    assert diff_results(empty, result).agree is False
    prostate = [name for name in diff_results(empty, result).left_out if "prostate" in name]
    assert prostate == ["adult-male: prostate (mGy)"]


def test_different_settings_are_named(result):
    other = dataclasses.replace(
        result,
        exam_yaml=result.exam_yaml.replace("pitch: 1", "pitch: 1.5").replace("seed: 1", "seed: 2"),
        scanner_yaml=result.scanner_yaml + "#",
        seed=2,
        histories=1,
        versions={**result.versions, "kernel_sha256": "1" * 64},
        bodies={"adult-male": result.bodies["adult-male"]},
        acquisitions=tuple(
            dataclasses.replace(a, on_body={"adult-male": a.on_body["adult-male"]})
            for a in result.acquisitions
        ),
    )
    text = "\n".join(diff_results(result, other).settings)
    assert "differ in acquisitions[0].pitch" in text
    assert "simulation.seed" not in text
    for what in ("exams", "scanners", "bodies", "histories", "seeds", "kernel_sha256"):
        assert f"different {what}" in text, what


def test_different_phantoms_are_named(result):
    body = result.bodies["adult-male"]
    changed = dataclasses.replace(body, grid=dataclasses.replace(body.grid, phantom_sha256="f" * 64))
    found = diff_results(result, dataclasses.replace(result, bodies={**result.bodies, "adult-male": changed}))
    assert "different phantoms: adult-male" in found.settings[0]


def test_errors_of_two_calibrations_are_added(result):
    again = tuple(
        dataclasses.replace(a, calibration_id="other", calibration_relative_standard_error=0.5)
        for a in result.acquisitions
    )
    moved = with_organs(result, lambda organ: shifted(organ, 6.0 if organ.name == "liver" else 0.0))
    assert diff_results(moved, result).agree is False
    found = diff_results(dataclasses.replace(moved, acquisitions=again), result)
    assert found.agree is True
    assert any("different calibrations" in setting for setting in found.settings)


def test_threshold_is_that_of_sidak():
    assert sidak_threshold(1) == pytest.approx(1.95996, abs=1e-5)
    assert sidak_threshold(100) == pytest.approx(3.4737, abs=1e-3)
    assert sidak_threshold(0) == sidak_threshold(1)
    assert sidak_threshold(1, degrees_of_freedom=15) == pytest.approx(
        2.13145, abs=1e-5
    )  # tables of Student's t


def test_chance_alone_is_called_different_as_often_as_stated():
    random = np.random.default_rng(1)
    largest = np.abs(random.standard_normal((4000, 50))).max(axis=1)
    assert 0.04 < (largest > sidak_threshold(50)).mean() < 0.06
