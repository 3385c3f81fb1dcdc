"""At equal what: factors of the tube load, and what a tube cannot deliver."""

import math

import numpy as np
import pytest

from ctdose.exam.library import load_exam
from ctdose.exam.plan import plan_acquisition
from ctdose.imaging.noise import SliceNoise
from ctdose.scanner.library import load_scanner
from ctdose.study.criteria import at_criterion, effective_mas, factors
from ctdose.study.image_noise import Noise, mean_noise
from ctdose.study.result import AS_STATED, EQUAL_CNR, EQUAL_CTDI, EQUAL_MAS, EQUAL_NOISE

BASE = Noise(quantum_hu2=100.0, electronic_hu2=0.0, contrast_hu=20.0, slices=3)


def test_without_electronic_noise_the_load_goes_with_the_square_of_the_noise():
    own = Noise(400.0, 0.0, 30.0, 3)
    got = factors((50.0, 25.0), (8.0, 2.0), (32, 32), (BASE, own))
    assert got[AS_STATED] == (1.0, "")
    assert got[EQUAL_MAS][0] == pytest.approx(2.0)
    assert got[EQUAL_CTDI][0] == pytest.approx(4.0)
    assert got[EQUAL_NOISE][0] == pytest.approx(4.0)
    assert got[EQUAL_CNR][0] == pytest.approx(4.0 / 1.5**2)


def test_electronic_noise_falls_faster():
    own = Noise(300.0, 100.0, 20.0, 3)
    factor = factors((1.0, 1.0), (1.0, 1.0), (32, 32), (BASE, own))[EQUAL_NOISE][0]
    assert 300.0 / factor + 100.0 / factor**2 == pytest.approx(BASE.noise_hu**2)
    assert factor < 4.0


def test_the_base_is_equal_to_itself():
    noisy = Noise(300.0, 100.0, -20.0, 3)
    got = factors((7.0, 7.0), (3.0, 3.0), (16, 16), (noisy, noisy))
    assert all(value == pytest.approx(1.0) for value, _ in got.values())


def test_what_cannot_be_made_equal_says_why():
    none = Noise(why_not="a localizer makes no slices")
    got = factors((1.0, 1.0), (1.0, 1.0), (16, 32), (BASE, none))
    assert math.isnan(got[EQUAL_CTDI][0])
    assert "16 and 32 cm" in got[EQUAL_CTDI][1]
    assert math.isnan(got[EQUAL_NOISE][0])
    assert got[EQUAL_NOISE][1] == none.why_not
    plain = Noise(1.0, 0.0)
    assert factors((1.0, 1.0), (1.0, 1.0), (16, 16), (plain, plain))[EQUAL_CNR][1] == "no detail is named"
    assert mean_noise([[]]).why_not


@pytest.mark.parametrize("hu", [1e7, math.inf, math.nan])
def test_so_much_noise_is_no_image(hu):
    slices = [(SliceNoise(hu, 0.0, 0.2, np.ones(1)), 20.0)]
    assert mean_noise([slices]).why_not == "hardly a photon gets through the body"
    assert mean_noise([[(SliceNoise(30.0, 0.0, 0.2, np.ones(1)), 20.0)]]).noise_hu == pytest.approx(30.0)


def test_the_tube_that_cannot_deliver_is_said():
    from ctdose.phantoms.library import load_bodies

    exam, scanner = load_exam("chest-newborn"), load_scanner("generic-64")
    (item,), (body, _) = exam.acquisitions, load_bodies("newborn")
    plan = plan_acquisition(item, scanner, body)
    most = min(scanner.tube.current_max_ma, scanner.tube.power_max_kw * 1000.0 / item.tube_voltage_kv)
    fits = at_criterion(0.99 * most / plan.tube_current_ma, "", [item], scanner, [[plan]], 0)
    assert fits.note == ""
    assert fits.tube_current_ma == pytest.approx(0.99 * most)
    assert fits.total_mas == pytest.approx(plan.total_mas * fits.factor)
    over = at_criterion(1.01 * most / plan.tube_current_ma, "", [item], scanner, [[plan]], 0)
    assert over.note == f"needs {1.01 * most:.4g} mA at 80 kV, the tube gives {most:.4g}"
    under = at_criterion(
        0.9 * scanner.tube.current_min_ma / plan.tube_current_ma, "", [item], scanner, [[plan]], 0
    )
    assert "holds no less than 10" in under.note
    assert at_criterion(math.nan, "why", [item], scanner, [[plan]], 0).note == "why"


def test_a_modulated_current_is_judged_by_its_greatest():
    from ctdose.phantoms.library import load_bodies

    data = {"exam": "x", "phantom": "newborn", "scanner": "generic-64", "acquisitions": [
        {"name": "a", "mode": "helical", "tube_voltage_kv": 80, "bowtie": "body", "collimation_mm": 20, "pitch": 1,
         "rotation_time_s": 0.4, "scan_range": "chest", "tube_current_ma": 100, "modulation": ["organ"]}]}  # fmt: skip
    exam, scanner = load_exam(data), load_scanner("generic-64")
    body = load_bodies("newborn")[0]
    plan = plan_acquisition(exam.acquisitions[0], scanner, body)
    assert plan.modulation is not None
    factor = 1.01 * 700.0 / plan.modulation.max_ma
    got = at_criterion(factor, "", exam.acquisitions, scanner, [[plan]], 0)
    assert got.note == "needs 707 mA at 80 kV, the tube gives 700"
    assert got.tube_current_ma == pytest.approx(100.0 * factor)


def test_equal_mas_is_that_at_a_place_of_the_scan():
    from dataclasses import replace

    from ctdose.phantoms.library import load_bodies

    exam, scanner = load_exam("chest-newborn"), load_scanner("generic-64")
    plan = plan_acquisition(exam.acquisitions[0], scanner, load_bodies("newborn")[0])
    assert plan.mas_per_rotation is not None
    assert effective_mas(plan) == pytest.approx(plan.mas_per_rotation / exam.acquisitions[0].pitch)
    # four rotations of 10 mAs, 20 mm wide and 40 mm apart
    axial = replace(plan, effective_mas=None, total_mas=40.0, collimation_mm=20.0, dlp_length_mm=160.0)
    assert effective_mas(axial) == pytest.approx(5.0)
