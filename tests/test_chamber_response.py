"""The tabulated response of the CTDI phantoms: against simulations of whole sources, and its parts."""

from dataclasses import replace

import numpy as np
import pytest

from ctdose.calibration import chamber_response as module
from ctdose.calibration.chamber_response import NODES_KEV, chamber_response, fan_edges_rad, spline_weights
from ctdose.calibration.ctdi_case import ctdi_case, simulated_case
from ctdose.scanner.library import load_scanner
from ctdose.simulation.ct_beam import bowtie_transmission, build_ct_beam, tube_output

BATCHES = 96
CASES = [(16, "head", 80.0), (16, "body", 140.0), (32, "body", 80.0), (32, "body", 120.0)]


@pytest.fixture(scope="module")
def responses(interpreted):
    if interpreted:
        pytest.skip("millions of histories")
    row = build_ct_beam(load_scanner("generic-64"), 120.0, "body", 40.0).row
    return {size: chamber_response(row, size, 40.0, batches=BATCHES, threads=2) for size in (16, 32)}


@pytest.mark.parametrize(("size", "bowtie", "kv"), CASES)
def test_the_sum_over_cells_is_the_simulation_of_the_whole_source(responses, statistics, size, bowtie, kv):
    """Table of one source and heel effect, used for others: all voltages and bowties, both chambers."""
    scanner = load_scanner("generic-64")
    tube, response = tube_output(scanner, kv), responses[size]
    photons = tube.weights * bowtie_transmission(scanner, bowtie, response.fan_edges_rad, tube.energies_kev)
    value, error = response.ctdi_mgy(photons, tube.energies_kev)
    _, beam, whole = simulated_case(ctdi_case(scanner, kv, bowtie, size, None, None, False), 4e-3, 2, None)
    expected = np.array([whole.center, whole.periphery]) * beam.emitted * tube.weights.sum()
    spread = np.hypot(error / value, np.array([2.5, 1.3]) * whole.relative_standard_error)
    limit = statistics.z_limit(statistics.level(2 * len(CASES)))
    assert np.all(np.abs(value / expected - 1.0) < limit * spread + 0.002)
    assert np.all(error / value < 0.015)


def test_one_energy_and_one_bin(responses):
    """A photon at a node counts for that node alone; rays that miss the phantom give nothing, central ones the most."""
    response = responses[32]
    assert np.allclose(spline_weights(NODES_KEV), np.eye(NODES_KEV.size), atol=1e-12)
    assert np.all(spline_weights(np.array([5.0, 11.9])) == 0.0)
    degrees = np.rad2deg(response.fan_edges_rad[:-1])
    at_62 = response.mgy_per_photon[:, :, list(NODES_KEV).index(62.0)]
    beside = degrees > np.rad2deg(np.arcsin(160.0 / 541.0)) + 1.0
    assert at_62[:, beside].max() < 0.01 * at_62.max()
    assert at_62[0, 0] > 5.0 * at_62[0, degrees > 14.0].max()


def test_the_solid_angle_is_that_of_the_beam(responses):
    """Both sides of the fan together."""
    beam = build_ct_beam(load_scanner("generic-64"), 120.0, "body", 40.0)
    assert responses[16].solid_angle_sr.sum() == pytest.approx(beam.open_solid_angle_sr, rel=1e-9)


def test_fan_bins_are_half_a_degree_and_finer_in_the_middle():
    edges = np.rad2deg(fan_edges_rad(np.deg2rad(27.5)))
    assert edges[0] == 0.0
    assert edges[-1] == pytest.approx(27.5)
    assert np.diff(edges)[0] == pytest.approx(0.25)
    assert np.all(np.diff(edges) < 0.51)


def test_a_response_is_kept_and_a_damaged_one_made_again(interpreted, tmp_path, monkeypatch):
    if interpreted:
        pytest.skip("a hundred thousand histories")
    monkeypatch.setattr(module, "cache_dir", lambda name: tmp_path)
    row = build_ct_beam(load_scanner("generic-64"), 120.0, "body", 40.0).row
    first = chamber_response(row, 16, 40.0, batches=1)
    (file,) = tmp_path.glob("response-*.npz")
    with monkeypatch.context() as patch:
        patch.setattr(module, "simulate_cells", None)
        again = chamber_response(row, 16, 40.0, batches=1)
    assert np.array_equal(first.mgy_per_photon, again.mgy_per_photon)
    file.write_bytes(b"damaged")
    made = chamber_response(row, 16, 40.0, batches=1, threads=2)
    assert np.array_equal(first.mgy_per_photon, made.mgy_per_photon)
    wider = replace(row, tan_cone=(-0.05, 0.05))
    chamber_response(wider, 16, 40.0, batches=1)
    assert len(list(tmp_path.glob("response-*.npz"))) == 2
