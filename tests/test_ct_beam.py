"""Beams of a scanner: focus, filter, tilt, heel."""

import numpy as np
import pytest

from ctdose.errors import CtdoseError
from ctdose.physics.spectra import Spectrum
from ctdose.physics.tube_table import unfiltered_spectrum
from ctdose.scanner.library import load_scanner
from ctdose.scanner.tube_extras import Filter, FocalSpot, OffFocal
from ctdose.simulation.beam_tables import HEEL_BINS, POINT, Spot
from ctdose.simulation.ct_beam import build_ct_beam, focus_of, heel_weight, tube_output

PLAIN = load_scanner("generic-64").model_copy(update={"focal_spots": {}, "off_focal": None, "filters": {}})


def with_(distance=200.0, **update):
    geometry = PLAIN.geometry.model_copy(update={"source_collimator_distance_mm": distance})
    return PLAIN.model_copy(update={"geometry": geometry, **update})


SPOTS = {"small": FocalSpot(width_mm=0.7, length_mm=0.6), "large": FocalSpot(width_mm=1.2, length_mm=1.1)}
PATCH = OffFocal(fraction=0.05, sigma_mm=8.0, source="made up")
TIN = {"tin-0.4": Filter(thickness_mm={"Sn": 0.4})}


def test_the_focus_is_what_the_file_says():
    full = with_(focal_spots=SPOTS, off_focal=PATCH)
    assert focus_of(full) == pytest.approx((0.07, 0.06, 0.0, 0.0, 20.0))
    assert focus_of(full, "large", True) == pytest.approx((0.12, 0.11, 0.05, 0.8, 20.0))
    assert focus_of(with_(off_focal=PATCH), None, True) == pytest.approx((0.0, 0.0, 0.05, 0.8, 20.0))
    for point in (with_(), with_(None, focal_spots=SPOTS), with_(None)):
        assert focus_of(point) is POINT
    beam = build_ct_beam(full, 120, "body", 40, focal_spot="large")
    assert beam.row.spot == pytest.approx(Spot(0.12, 0.11, 0, 0, 20))


@pytest.mark.parametrize(
    ("scanner", "given", "message"),
    [
        (with_(focal_spots=SPOTS), ("huge", False), r"focal_spot=huge \(unknown to .*It has: small, large"),
        (with_(None, focal_spots=SPOTS), ("small", False), r"focal_spot=small \(.* does not say how far"),
        (with_(None, off_focal=PATCH), (None, True), r"off_focal=true \(.* does not say how far"),
        (with_(), (None, True), r"off_focal=true \(.* states no off-focal radiation\)\. Leave it out"),
    ],
)
def test_what_the_file_does_not_say_is_refused(scanner, given, message):
    with pytest.raises(CtdoseError, match=message):
        focus_of(scanner, *given)


def test_a_filter_hardens_and_weakens_the_beam():
    scanner = with_(filters=TIN)
    plain, tin = (build_ct_beam(scanner, 120, "body", 40, filter=f) for f in (None, "tin-0.4"))
    expected = tube_output(scanner, 120).filtered({"Sn": 0.4})
    assert tin.tube_fluence == pytest.approx(expected.weights.sum(), rel=5e-3)  # filtered in finer bins
    assert 0.05 < tin.tube_fluence / plain.tube_fluence < 0.4
    assert tin.central_spectrum.hvl_mm() > plain.central_spectrum.hvl_mm() + 2.0
    with pytest.raises(CtdoseError, match=r"filter=lead \(unknown to"):
        build_ct_beam(scanner, 120, "body", 40, filter="lead")


def test_the_tilt_goes_to_the_row():
    assert build_ct_beam(PLAIN, 120, "body", 40, gantry_tilt_deg=-20).row.tilt_rad == pytest.approx(-0.349066)


@pytest.mark.parametrize(("side", "sign"), [("foot", 1.0), ("head", -1.0)])
def test_the_anodes_side_is_the_weaker_one(side, sign):
    """The heel effect runs along z; the kerma's gradient is that of the shipped spectra, SpekPy's (test_spectra.py)."""
    geometry = PLAIN.geometry.model_copy(update={"anode_side": side})
    scanner = PLAIN.model_copy(update={"geometry": geometry})
    half = 42.5 / 2 / 541
    weight = heel_weight(scanner, 120, (-half, half))
    assert weight.shape == (HEEL_BINS,)
    assert (np.diff(sign * weight) > 0).all()
    away = np.rad2deg(np.arctan(half)) * (1 - 1 / HEEL_BINS)
    ends = [float(_behind(120, 8.0 + a).kerma_by_energy().sum()) for a in (-away, away)]
    assert weight[0 if sign > 0 else -1] / weight[-1 if sign > 0 else 0] == pytest.approx(
        ends[0] / ends[1], rel=1e-3
    )


def _behind(kv, angle_deg):
    raw = unfiltered_spectrum(kv, angle_deg)
    return Spectrum(raw.energies_kev, raw.weights).filtered({"Al": 7.0})


@pytest.mark.parametrize("kv", [80, 120, 140])
@pytest.mark.parametrize(("width_mm", "most"), [(40, 0.012), (80, 0.032), (160, 0.09)])
def test_how_much_the_spectrum_changes_along_z(kv, width_mm, most):
    """The mean energy at either end of the beam, against that of the central ray, whose spectrum is taken for all.

    The docs say so (physics.md). Anode of 8 degrees; of 10 for the widest beam, which would reach behind one of 8.
    """
    anode = 10.0 if width_mm == 160 else 8.0
    edge = np.rad2deg(np.arctan(width_mm / 2 / 541))
    centre, *ends = (_behind(kv, anode + a).mean_energy_kev for a in (0.0, -edge, min(edge, 16.0 - anode)))
    change = max(abs(end / centre - 1.0) for end in ends)
    assert most / 3 < change < most
