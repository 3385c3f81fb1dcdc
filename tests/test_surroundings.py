"""The gas around the phantom against a phantom that contains it."""

import numpy as np
import pytest

import ctdose

GAS = ctdose.Material.from_mass_fractions("gas", {"N": 0.7, "O": 0.2, "H": 0.1}, density_g_cm3=0.05)
WATER = ctdose.Material("water")
HALF_CELLS = 12  # of 20 cm: the large phantom reaches 2.5 m, five mean free paths


def with_gas_around(cells):
    """A cube of water of 20 cm inside (2 cells + 1)^3 cubes, the others filled with the gas."""
    index = np.zeros((2 * cells + 1,) * 3, np.uint8)
    index[(cells,) * 3] = 1
    corner = -200.0 * cells
    return ctdose.VoxelPhantom(index, [GAS, WATER], (200.0,) * 3, (corner,) * 3, region_index=index)


@pytest.mark.parametrize("estimator", ["collision-kerma", "analogue"])
@pytest.mark.parametrize(
    ("distance_mm", "half_angles", "limits"),
    [(600, (0.15, 0.15), None), (150, (0.3, 0.3), None), (400, None, ((0.4, 0.7), (-0.2, 0.3)))],
)
def test_the_gas_scatters_as_a_phantom_of_gas_does(statistics, estimator, distance_mm, half_angles, limits):
    """In the beam, and beside it, where all energy comes by way of the gas."""
    beam = ctdose.PointSource((0, -distance_mm, 0), (0, 0, 0), half_angles, 25.0, limits)
    histories = 10 * 65536
    inside = ctdose.irradiate(
        with_gas_around(HALF_CELLS), beam, histories=histories, seed=1, estimator=estimator
    )
    around = ctdose.irradiate(
        with_gas_around(0), beam, histories=histories, seed=2, estimator=estimator, surroundings=GAS
    )
    mean = [e.imparted_kev_per_history[1] for e in (inside, around)]
    error = [e.standard_error_kev_per_history[1] for e in (inside, around)]
    assert error[1] < 0.02 * mean[1]
    assert abs(mean[0] - mean[1]) / np.hypot(*error) < statistics.z_limit(statistics.level(6))


def test_energy_is_conserved_in_the_gas():
    beam = ctdose.PointSource((0, -600, 0), (0, 0, 0), (0.3, 0.3), 25.0)
    counters = ctdose.irradiate(with_gas_around(0), beam, histories=1, surroundings=GAS).sums.counters[0]
    from ctdose.kernels.tally import SUM_DEPOSITED, SUM_EMITTED, SUM_ESCAPED

    assert counters[SUM_EMITTED] == counters[SUM_ESCAPED] + counters[SUM_DEPOSITED]
    assert counters[SUM_ESCAPED] > 0.5 * counters[SUM_EMITTED]
