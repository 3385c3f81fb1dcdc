"""The fit that finds a displaced source among the codes of case 5."""

import numpy as np
import pytest

from ctdose.validation import Row
from ctdose.validation.displacement import (
    CODES,
    codes_as_rows,
    fit_displacement,
    load_gradients,
    save_gradients,
    with_source_moved_back,
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


def test_a_code_can_be_moved_back():
    """What the code has too much because it lay nearer is taken away; the other codes stay."""
    rows, gradients = made_up(-0.6, 0.0)
    fit = fit_displacement(rows, gradients, "Geant4")
    for row, moved in zip(rows, with_source_moved_back(rows, gradients, fit)):
        codes = dict(load_reference().rows[row.key].codes)
        codes["Geant4"] /= 1.0 + fit.shift_mm * gradients[row.key] / 100.0
        assert moved.mean == pytest.approx(np.mean(list(codes.values())))
        assert (moved.ours, moved.sigma) == (row.ours, row.sigma)
        assert abs(100.0 * (row.ours / codes["Geant4"] - 1.0)) < 1.2  # the noise of made_up, and of the fit


def test_a_code_without_a_gradient_stays():
    rows, gradients = made_up(-0.6, 0.0)
    fit = fit_displacement(rows, gradients, "Geant4")
    assert with_source_moved_back(rows, {}, fit) == rows


def test_a_code_can_stand_in_ours_place():
    rows, _ = made_up(0.0, 0.0)
    for code in CODES:
        own = codes_as_rows(rows, code)
        assert own[0].ours == load_reference().rows[rows[0].key].codes[code]
    continuous = [Row.of(r, r.mean, 1.0) for k, r in load_reference().rows.items() if k[0] == "5"]
    assert [len(codes_as_rows(continuous, code)) for code in CODES] == [68, 85, 85, 68]


def test_save_and_load(tmp_path):
    _, gradients = made_up(0.0, 0.0)
    assert load_gradients(tmp_path) == {}
    save_gradients(tmp_path, gradients)
    assert load_gradients(tmp_path) == pytest.approx(gradients, abs=6e-4)
