"""The standard errors themselves: the spread of many small independent runs agrees with what each of them quotes.

Errors that were taken per collision and not per history, the fault of other codes, would be 1.3 to 2.1 times too
small; the spread of 200 runs tells a factor of 1.2.
"""

import numpy as np
import pytest

from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.physics.materials import Material
from ctdose.simulation.open_beams import PointSource, RotatingSource
from ctdose.simulation.scoring import Composite, FoldedResponse
from ctdose.simulation.sums import KEV2_PER_QUANTUM, KEV_PER_QUANTUM, Sums, mean_and_error, ratio_and_error
from ctdose.simulation.views import PieceRow, build_views

GROUPS, SIZE = 2000, 200  # groups of histories, from which runs are put together
WATER, BONE, LUNG = (Material(n) for n in ("water", "cortical-bone", "lung"))


def body():
    """A cube of 15 cm: a bone and a lung in water, four regions."""
    index = np.zeros((6, 6, 6), np.uint8)
    index[2:4, 3:, 2:4], index[:, 1:3, 4:] = 1, 2
    region = index.astype(np.uint16)
    region[3:][index[3:] == 0] = 3
    return VoxelPhantom(index, [WATER, BONE, LUNG], (25.0,) * 3, (-62.5,) * 3, region)


@pytest.fixture(scope="module", params=["collision-kerma", "analogue"])
def groups(request, build_tables_of, transport):
    """Rows [groups, rows, 2] and voxels [groups, voxels, 2] in keV and keV^2, summed over SIZE histories each.

    Rows: four regions, air kerma in region 0, all regions together, a difference.
    """
    tables = build_tables_of(
        body(),
        PointSource((0, -400, 0), (0, 0, 0), (0.15, 0.15), ([40.0, 60.0, 90.0], [1, 2, 1])),
        estimator=request.param,
        responses=[FoldedResponse("air", 0, Material("air"))],
        composites=[
            Composite("all", dict.fromkeys(range(4), 1.0)),
            Composite("difference", {0: 1.0, 2: -0.8}),
        ],
        with_voxels=True,
    )
    unit = np.array([KEV_PER_QUANTUM, KEV2_PER_QUANTUM])
    parts = [transport(tables, g * SIZE, (g + 1) * SIZE) for g in range(GROUPS)]
    rows = np.array([part.rows[0] for part in parts]) * unit
    voxels = np.array([(part.voxel_sum, part.voxel_square) for part in parts]).transpose(0, 2, 1) * unit
    return rows, voxels


def in_runs(groups, count):
    """Sums of `count` runs, and the histories of a run."""
    joined = groups.reshape(count, -1, *groups.shape[1:])
    return joined.sum(axis=1), joined.shape[1] * SIZE


def chi_square_limits(statistics, freedom, level):
    from scipy.special import chdtri

    return chdtri(freedom, [1.0 - level / 2.0, level / 2.0]) / freedom


def test_errors_of_rows(groups, statistics):
    """Regions, a response, composites."""
    sums, histories = in_runs(groups[0], 200)
    mean, error = mean_and_error(sums[..., 0], sums[..., 1], histories)
    spread = mean.var(axis=0, ddof=1) / (error**2).mean(axis=0)
    low, high = chi_square_limits(statistics, 199, statistics.level(2 * spread.size))
    assert ((low < spread) & (spread < high)).all(), spread
    assert high < 1.2**2 * 1.1


def test_errors_of_voxels(groups, statistics):
    """All voxels pooled; they are correlated, so the spread between blocks of runs tells what is chance."""
    sums, histories = in_runs(groups[1], 200)
    mean, error = mean_and_error(sums[..., 0], sums[..., 1], histories)
    blocks = mean.reshape(20, 10, -1)
    excess = blocks.var(axis=1, ddof=1).sum(axis=1) - (error**2).reshape(20, 10, -1).mean(axis=1).sum(axis=1)
    limit = statistics.t_limit(statistics.level(2), 19)
    assert abs(excess.mean()) < limit * excess.std(ddof=1) / np.sqrt(20)
    assert limit * excess.std(ddof=1) / np.sqrt(20) < 0.25 * (error**2).mean(axis=0).sum()


def test_z_scores_of_single_voxels_are_those_of_a_normal_variate(groups):
    """Deviations from the mean of all runs, in units of the run's own error, where enough histories score."""
    sums, histories = in_runs(groups[1], 20)
    mean, error = mean_and_error(sums[..., 0], sums[..., 1], histories)
    often = (error < 0.1 * mean.mean(axis=0)).all(axis=0)
    assert often.sum() > 20
    z = (mean - mean.mean(axis=0))[:, often] / error[:, often] / np.sqrt(1 - 1 / 20)
    assert z.std() == pytest.approx(1.0, abs=0.07)
    assert (np.abs(z) < 1.96).mean() == pytest.approx(0.95, abs=0.02)


def test_errors_of_ratios_come_from_the_batches(groups, statistics):
    from scipy.special import fdtri

    means = groups[0][..., 0].reshape(100, 20, -1) / SIZE
    for numerator, denominator in ((0, 3), (1, 5), (0, 4)):
        pairs = [ratio_and_error(run[:, numerator], run[:, denominator]) for run in means]
        ratio, error = np.array(pairs).T
        spread = ratio.var(ddof=1) / (error**2).mean()
        level = statistics.level(6)
        low, high = fdtri(99, 1900, [level / 2, 1 - level / 2])
        assert low < spread < high


def test_a_composite_needs_an_error_of_its_own(groups):
    """One history leaves energy in several regions: adding their errors in quadrature is wrong."""
    total = groups[0].sum(axis=0)
    _, error = mean_and_error(total[:, 0], total[:, 1], GROUPS * SIZE)
    assert np.hypot.reduce(error[:4]) != pytest.approx(error[5], rel=0.05)


def test_strata_never_make_an_error_too_small(build_tables_of, transport, statistics):
    """A source that moves along z: the errors quoted as of independent draws are at least the spread of batches."""
    from ctdose.kernels.tables import BATCH_HISTORIES

    tables = build_tables_of(body(), RotatingSource(400.0, (0.15, 0.01), 30.0), estimator="analogue")
    views = build_views([PieceRow(1.0, (-3.0, 18.0), (0.0, 40.0), False, 0, 0)])
    parts = [
        transport(tables._replace(views=views), b * BATCH_HISTORIES, (b + 1) * BATCH_HISTORIES)
        for b in range(16)
    ]
    sums = Sums(
        np.arange(16),
        np.array([p.rows for p in parts]),
        None,
        np.array([p.counters for p in parts]),
        1.0,
    )
    _, error = sums.row_estimates()
    spread = sums.batch_means().var(axis=0, ddof=1) / 16 / error**2
    _, high = chi_square_limits(statistics, 15, 2 * statistics.level(spread.size))
    assert (spread < high).all()
    assert spread.min() < 0.8  # the strata do help
