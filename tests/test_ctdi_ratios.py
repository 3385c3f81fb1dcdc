"""CTDI of several beams relative to one of them, from histories that all share."""

import numpy as np
import pytest

from ctdose.calibration import ctdi, ctdi_ratios
from ctdose.calibration.ctdi import ctdi_tables, simulate_ctdi
from ctdose.calibration.ctdi_ratios import _covariance
from ctdose.scanner.library import load_scanner
from ctdose.simulation.ct_beam import build_ct_beam

BEAMS = ((120, None), (80, None), (120, "tin-0.6"))


@pytest.fixture
def beams(monkeypatch, tmp_path):
    """Of one scanner, in rounds of few batches and with an empty cache."""
    monkeypatch.setattr(ctdi, "FIRST_ROUND", 6)
    monkeypatch.setattr(ctdi_ratios, "keep_result", lambda identity, fields: None)
    monkeypatch.setattr(ctdi_ratios, "_cached", lambda identity, beams: None)
    scanner = load_scanner("generic-128")
    return [build_ct_beam(scanner, kv, "body", 19.2, filter=behind) for kv, behind in BEAMS]


def test_ratios_are_those_of_beams_simulated_alone(beams):
    """Each of centre, periphery and CTDI_w by z-test; what is known of a ratio is more than of two CTDI alone."""
    _, found = ctdi_ratios.ctdi_ratios(
        [beam.row for beam in beams], 32, relative_standard_error=0.02, threads=2
    )
    alone = [simulate_ctdi(*ctdi_tables(beam, 32), 19.2, relative_standard_error=0.02) for beam in beams]
    for i in (1, 2):
        error = np.hypot(alone[0].relative_standard_error, alone[i].relative_standard_error)
        own = found.covariance[i][i] ** 0.5
        assert 0.0 < own < 0.02
        assert own < error * (alone[i].histories / found.histories) ** 0.5
        for name in ("center", "periphery", "weighted"):
            expected = getattr(alone[i], name) / alone[0].weighted
            wide = 3.0 if name == "center" else 1.5  # one chamber of five, four of them
            assert getattr(found, name)[i] == pytest.approx(
                expected, rel=4.0 * (wide if name != "weighted" else 1.0) * np.hypot(own, error)
            )
    assert found.weighted[0] == 1.0
    assert found.covariance[0] == [0.0, 0.0, 0.0]


def test_threads_do_not_change_the_ratios(beams):
    rows = [beam.row for beam in beams[:2]]
    one, two = (ctdi_ratios.ctdi_ratios(rows, 32, relative_standard_error=0.5, threads=n) for n in (1, 2))
    assert one == two


def test_another_geometry_is_refused(beams):
    wide = build_ct_beam(load_scanner("generic-128"), 120, "body", 38.4)
    with pytest.raises(ValueError, match="geometry must be the same"):
        ctdi_ratios.ctdi_ratios([beams[0].row, wide.row], 32)


def test_the_covariance_is_that_of_repeats_by_chi_square(statistics):
    """2000 repeats of correlated batches: the spread of each ratio, and what two of them have in common."""
    random, n, batches = np.random.default_rng(8), 2000, 40
    common = random.standard_normal((n, 1, batches)) * 0.1
    means = np.array([2.0, 3.0, 5.0])[None, :, None]
    own = means * (1.0 + common + random.standard_normal((n, 3, batches)) * [[[0.02], [0.04], [0.06]]])
    readings = np.repeat(own[..., None], 3, axis=-1)
    stated = np.mean([_covariance(each) for each in readings], axis=0)
    averages = own.mean(axis=2)
    found = np.cov((averages / averages[:, :1]).T / (means[0] / means[0, 0]))
    tolerance = 4.0 * np.sqrt(2.0 / n)
    assert np.diag(found)[1:] == pytest.approx(np.diag(stated)[1:], rel=tolerance)
    assert found[1, 2] == pytest.approx(stated[1, 2], abs=tolerance * np.sqrt(found[1, 1] * found[2, 2]))
    assert stated[0].max() == 0.0
