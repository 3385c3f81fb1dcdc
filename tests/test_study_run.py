"""`ctdose compare` from the study's file to tables, pictures and the result, on a newborn in coarse voxels."""

import csv
from dataclasses import fields

import h5py
import numpy as np
import pytest

import ctdose
from ctdose.cli.main import main
from ctdose.errors import CtdoseError
from ctdose.study.library import load_study
from ctdose.study.prepared import prepare_study
from ctdose.study.result import EQUAL_CTDI, EQUAL_MAS, EQUAL_NOISE
from ctdose.study.run import run_study
from ctdose.study.study_file import load_study_result
from known_ctdi import know_ctdi

pytestmark = pytest.mark.slow  # a minute of calibrations and runs on each worker

STUDY = """\
study: Newborn chest
base:
  exam: Newborn
  phantom: newborn
  scanner: generic-64
  acquisitions:
    - name: chest
      mode: helical
      tube_voltage_kv: 120
      bowtie: body
      collimation_mm: 20
      pitch: 1.0
      rotation_time_s: 0.5
      scan_range: chest
      tube_current_ma: 40
  simulation: {voxel_mm: 5, seed: 3}
base_name: 120 kV
variants:
  - {name: 80 kV, change: {tube_voltage_kv: 80}}
  - {name: twice, change: {tube_current_ma: 80}}
  - {name: spared, change: {modulation: [organ]}}
  - {name: tin, change: {filter: tin-0.4, tube_current_ma: 100}}
  - {name: tight, change: {pitch: 0.8}}
histories: 1_500_000
noise: {region: heart_wall, detail: iodine, concentration_mg_per_ml: 2}
"""
NAMES = ("120 kV", "80 kV", "twice", "spared", "tin", "tight")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("studies")
    (folder / "newborn.yaml").write_text(STUDY)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        know_ctdi(patch)
        words = ["compare", "newborn.yaml", "--csv", "doses.csv", "--plot", "pictures", "--threads", "2"]
        assert main(words) == 0
    return folder


@pytest.fixture(scope="module")
def result(folder):
    return load_study_result(folder / "newborn.h5")


def test_what_shares_histories(result):
    groups = {m.name: m.group for m in result.members}
    assert tuple(groups) == NAMES
    assert len({groups[name] for name in NAMES[:-1]}) == 1
    assert groups["tight"] != groups["120 kV"]


def test_twice_the_current_is_twice_everything_and_known_exactly(result):
    twice = NAMES.index("twice")
    for name in result.quantities:
        ratio, error = result.ratio(twice, name)
        assert ratio == pytest.approx(2.0, rel=1e-6)
        assert error < 1e-6
        for criterion in (EQUAL_MAS, EQUAL_CTDI, EQUAL_NOISE):
            assert result.ratio(twice, name, criterion)[0] == pytest.approx(1.0, rel=1e-6)
    base, own = (result.members[i] for i in (0, twice))
    assert own.noise_hu == pytest.approx(base.noise_hu / np.sqrt(2.0))
    assert own.calibration_error == 0.0


def test_doses_are_those_of_a_run_alone(folder, result, monkeypatch):
    """80 kV and organ-based modulation: every organ in the beam by z-test, with other random numbers."""
    know_ctdi(monkeypatch)
    file = load_study(folder / "newborn.yaml")
    for name in ("80 kV", "spared", "tight"):
        i = NAMES.index(name)
        alone = ctdose.simulate(file.members[i].exam, threads=2, histories=1_500_000, seed=11, dose_map=False)
        z = []
        for q, quantity in enumerate(result.quantities[1:], 1):
            organ = alone.organs[quantity]
            sigma = np.hypot(organ.standard_error_mgy, result.standard_error[i, q])
            if organ.relative_standard_error < 0.05:
                z.append((result.dose[i, q] - organ.absorbed_dose_mgy) / sigma)
        assert len(z) > 8
        assert np.abs(z).max() < 4.0
        effective, error = result.dose_at(i, "effective_dose")
        sigma = np.hypot(error, alone.effective_dose.icrp103_standard_error_msv)
        assert abs(effective - alone.effective_dose.icrp103_msv) < 4.0 * sigma


def test_batches_give_the_doses(result):
    """Their mean over the batches, added over the bodies, is the dose."""
    from_batches = sum(doses.mean(axis=1) for doses in result.batch_doses.values())
    assert from_batches == pytest.approx(result.dose, rel=1e-9)


def test_errors_of_ratios_are_smaller_than_those_of_two_runs(result):
    ratio, error = result.ratio(NAMES.index("80 kV"), "effective_dose")
    doses = [result.dose_at(i, "effective_dose") for i in (0, NAMES.index("80 kV"))]
    assert error / ratio < 0.9 * np.hypot(*(sigma / dose for dose, sigma in doses))


def test_noise_behaves(result):
    members = dict(zip(NAMES, result.members, strict=True))
    assert members["80 kV"].noise_hu > members["120 kV"].noise_hu
    assert members["80 kV"].contrast_hu > members["120 kV"].contrast_hu
    assert members["tin"].contrast_hu < members["120 kV"].contrast_hu
    # pitch 0.8 at the same current: 1/0.8 of the effective mAs
    assert members["tight"].noise_hu == pytest.approx(members["120 kV"].noise_hu * np.sqrt(0.8), rel=0.01)


def test_the_file_holds_what_was_found(folder, result):
    from ctdose.study.study_file import save_study

    save_study(result, folder / "copy.h5")
    again = load_study_result(folder / "copy.h5")
    for each in fields(result):
        one, other = getattr(result, each.name), getattr(again, each.name)
        if each.name == "batch_doses":
            assert all(np.array_equal(one[body], other[body]) for body in one)
        else:
            np.testing.assert_equal(other, one)
    with h5py.File(folder / "newborn.h5") as file:
        assert file.attrs["format"] == "ctdose-study"
        units = {}
        file.visititems(lambda name, item: units.update({name: item.attrs.get("units")}))
        assert all(units[name] for name, item in units.items() if isinstance(file[name], h5py.Dataset))


def test_other_files_are_refused(folder, tmp_path):
    with pytest.raises(CtdoseError, match="not an HDF5 file"):
        load_study_result(folder / "newborn.yaml")
    data = bytearray((folder / "newborn.h5").read_bytes())
    data[len(data) // 2] ^= 0xFF
    (tmp_path / "damaged.h5").write_bytes(data)
    with pytest.raises(CtdoseError, match="damaged"):
        load_study_result(tmp_path / "damaged.h5")
    with pytest.raises(CtdoseError, match="not a ctdose study"):
        load_study_result(_result(tmp_path))


def _result(folder):
    with h5py.File(folder / "other.h5", "w") as file:
        file.attrs["format"] = "ctdose-result"
    return folder / "other.h5"


def test_the_csv_has_every_dose(folder, result):
    with (folder / "doses.csv").open(newline="") as table:
        rows = list(csv.DictReader(table))
    assert len(rows) == len(NAMES) * len(result.criteria) * len(result.quantities)
    row = next(r for r in rows if r["variant"] == "80 kV" and r["criterion"] == EQUAL_NOISE)
    ratio, error = result.ratio(1, row["quantity"], EQUAL_NOISE)
    assert float(row["ratio"]) == pytest.approx(ratio)
    assert float(row["ratio_standard_error"]) == pytest.approx(error)
    assert float(row["ratio_noise_model_error"]) == pytest.approx(0.04 * ratio)


def test_pictures_are_drawn(folder):
    for name in ("organs.png", "noise.png"):
        assert (folder / "pictures" / name).stat().st_size > 10_000


def test_nothing_is_overwritten_unasked(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    assert main(["compare", "newborn.yaml"]) == 2
    assert "newborn.h5 (exists)" in capsys.readouterr().err
    assert main(["compare", "newborn.yaml", "-o", "new.h5", "--csv", "doses.csv"]) == 2
    assert main(["compare", "newborn.yaml", "-o", "new.h5", "--plot", "pictures"]) == 2
    assert main(["compare", "newborn.yaml", "-o", "newborn.yaml", "--overwrite"]) == 2
    assert "not a ctdose study" in capsys.readouterr().err
    assert not (folder / "new.h5").exists()


def test_tables_say_what_equal_noise_is(result, capsys):
    from ctdose.cli.study_table import print_study

    print_study(result)
    text = capsys.readouterr().out
    assert text.count("not equal noise in iterative") >= 3
    assert "at equal CNR" in text


def test_the_seed_makes_the_result_and_threads_do_not(folder, monkeypatch):
    know_ctdi(monkeypatch)
    file = load_study(folder / "newborn.yaml")
    one, two = (run_study(prepare_study(file, histories=1000), threads=n) for n in (1, 2))
    assert np.array_equal(one.dose, two.dose)
    other = run_study(prepare_study(file, histories=1000, seed=6), threads=2)
    assert not np.array_equal(one.dose, other.dose)
