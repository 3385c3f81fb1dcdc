"""A short run of every benchmark case: it agrees with the report's codes, and with the published table.

The published table names the kernel it was made with. An edited kernel alone is no fault: the table is stale only if
its numbers have moved too, which a short run shows within its standard errors.
"""

import math

import numpy as np
import pytest

from ctdose.validation import case_names, run_cases, summarize
from ctdose.validation.displacement import (
    CODES,
    codes_as_rows,
    fit_displacement,
    load_gradients,
    with_source_moved_back,
)
from ctdose.validation.document import write_document
from ctdose.validation.published import PublishedCase, load_published, save_published
from ctdose.validation.row import MEAN_PERCENT, MEDIAN_PERCENT

LEVEL = 1e-3  # of a false alarm in one case
LARGEST_SIGMA_PERCENT = 5.0  # beyond, a few histories make the row and its error is no Gaussian's
SCALE = {"1": 0.012, "2": 0.01, "4.1": 0.05, "4.2": 0.003, "5": 0.003}
RUNS = {"5": ["5/120 kVp/90", "5/120 kVp/continuous"]}  # a torso with its air takes seconds to build


def largest_z(count):
    """Quantile of the largest of so many |z|, two-sided, after Šidák."""
    from scipy.stats import norm

    return norm.isf(-math.expm1(math.log1p(-LEVEL) / count) / 2.0)


@pytest.fixture(scope="module")
def quick(request):
    """Rows of a short run of one case, those whose error means something."""
    case = request.param
    if case == "5":
        request.getfixturevalue("reference")
    rows = run_cases(RUNS.get(case, [case]), scale=SCALE[case], seed=20, threads=1)
    measured = [row for row in rows if row.sigma_percent <= LARGEST_SIGMA_PERCENT]
    assert len(measured) > len(rows) / 2
    return case, measured


every_case = pytest.mark.parametrize("quick", case_names(), indirect=True)


@every_case
def test_short_run_agrees_with_the_codes_and_the_table(quick, root):
    case, rows = quick
    limit = largest_z(len(rows))
    far = [(row, row.excess) for row in rows if row.excess > limit]
    assert not far, f"case {case} is off the report by more than {limit:.1f} standard errors: {far}"

    from ctdose.simulation.compiled import kernel_sha256

    published = load_published(root / "docs")
    assert case in published, f"case {case} is not published: python -m ctdose.validation publish {case}"
    table = {row.key: row for row in published[case].rows}
    stale = published[case].facts["kernel_sha256"] != kernel_sha256()
    moved = {row.key: z for row in rows if (z := distance(row, table[row.key])) > limit}
    assert not moved, (
        f"case {case}: the numbers moved since they were published ({'another' if stale else 'the same'} kernel). "
        f"Remake the table: python -m ctdose.validation publish {case}. In standard errors: {moved}"
    )


def distance(row, other):
    """Between two independent estimates, in standard errors."""
    return abs(row.ours - other.ours) / math.hypot(row.sigma, other.sigma)


def test_estimators_agree():
    """Analogue and collision kerma, the discs of case 4.1."""
    runs = ["4.1/120 kVp 10 mm"]
    kerma = run_cases(runs, scale=0.03, seed=21)
    analogue = run_cases(runs, scale=0.03, seed=22, estimator="analogue")
    z = [distance(a, b) for a, b in zip(kerma, analogue)]
    assert max(z) < largest_z(len(z))
    assert kerma[0].sigma < analogue[0].sigma


def test_page_is_the_table_s(root, tmp_path):
    cases = load_published(root / "docs")
    write_document(tmp_path, list(cases.values()), load_gradients(root / "docs"))
    again = "python -m ctdose.validation document"
    assert (tmp_path / "validation.md").read_text() == (root / "docs" / "validation.md").read_text(), again


def test_save_and_load(tmp_path):
    rows = run_cases(["4.1/56.4 keV 10 mm"], scale=1e-6)
    save_published(tmp_path, [PublishedCase("4.1", {"seed": 1, "histories": {"a": 65536}}, rows)])
    save_published(tmp_path, [])
    (case,) = load_published(tmp_path).values()
    assert case.facts == {"seed": 1, "histories": {"a": 65536}}
    assert [row.key for row in case.rows] == [row.key for row in rows]
    assert np.allclose([row.ours for row in case.rows], [row.ours for row in rows], rtol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("case", case_names())
def test_full_run_meets_every_criterion(case, request):
    """As published, from another seed, with twice the standard error at most: some 1 to 15 minutes a case."""
    if case == "5":
        request.getfixturevalue("reference")
    rows = run_cases([case], seed=2, threads=2)
    (summary,) = summarize(rows)
    assert summary.outside == 0, summary
    if case != "5":
        assert summary.median_percent <= MEDIAN_PERCENT
        assert abs(summary.mean_percent) <= MEAN_PERCENT
        return
    # The mean of the four codes holds one whose source was displaced (docs/validation.md): three of the four are
    # farther from it than the criterion allows. So ctdose has to lie among the codes, and to agree when it is moved.
    own = [summarize(codes_as_rows(rows, code))[0].mean_percent for code in CODES]
    assert min(own) < summary.mean_percent < max(own)
    gradients = load_gradients(request.getfixturevalue("root") / "docs")
    fits = {code: fit_displacement(rows, gradients, code) for code in CODES}
    (moved,) = summarize(with_source_moved_back(rows, gradients, fits["MCNP"]))
    assert moved.outside == 0
    assert moved.median_percent < 0.5
    assert max(abs(fits[code].offset_percent) for code in ("Geant4", "PENELOPE")) < 0.2
