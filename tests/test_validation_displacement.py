"""The fit that finds a displaced source among the codes of case 5."""

import dataclasses

import numpy as np
import pytest

from ctdose.validation import Row
from ctdose.validation.displacement import (
    CODES,
    fit_displacement,
    load_gradients,
    save_gradients,
    without_code,
)
from ctdose.validation.reference import load_reference


def made_up(shift_mm, offset_percent, code="Geant4", seed=3):
    """Rows of a code whose source lies by so much nearer to the head, and whose results are so much lower."""
    random = np.random.default_rng(seed)
    rows, gradients = [], {}
    for key, reference in load_reference().rows.items():
        if key[0] == "5" and key[2] != "continuous":
            gradients[key] = float(random.normal(0.0, 2.0))
            percent = offset_percent - shift_mm * gradients[key] + random.normal(0.0, 0.2)
            ours = reference.codes[code] * (1.0 + percent / 100.0)
            rows.append(Row.of(reference, ours, 1e-4 * ours))
    return rows, gradients


@pytest.mark.parametrize(("shift_mm", "offset_percent"), [(0.0, 0.0), (-0.6, 0.3), (0.2, -1.0)])
def test_fit_finds_shift_and_offset(shift_mm, offset_percent):
    fit = fit_displacement(*made_up(shift_mm, offset_percent), "Geant4")
    assert fit.rows == 68
    assert abs(fit.shift_mm - shift_mm) < 4.0 * fit.shift_error_mm < 0.1
    assert abs(fit.offset_percent - offset_percent) < 4.0 * fit.offset_error_percent < 0.15
    assert 30 < fit.chi_square < 120
    assert fit.chi_square_unshifted >= fit.chi_square


def test_a_code_can_be_left_out():
    rows, _ = made_up(0.0, 0.0)
    for code in CODES:
        others = without_code(rows, code)
        names = [c for c in CODES if c != code]
        expected = np.mean([load_reference().rows[rows[0].key].codes[c] for c in names])
        assert others[0].mean == pytest.approx(expected)
        assert others[0] == dataclasses.replace(
            rows[0], mean=others[0].mean, low=others[0].low, high=others[0].high
        )


def test_save_and_load(tmp_path):
    _, gradients = made_up(0.0, 0.0)
    assert load_gradients(tmp_path) == {}
    save_gradients(tmp_path, gradients)
    assert load_gradients(tmp_path) == pytest.approx(gradients, abs=6e-4)
