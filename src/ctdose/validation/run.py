"""Runs the published benchmark cases of AAPM Report 195 and compares."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence

from ctdose.errors import CtdoseError, nearest
from ctdose.validation import case_1, case_2, case_4, case_5
from ctdose.validation.job import Job
from ctdose.validation.row import Row

CASES = ("1", "2", "4.1", "4.2", "5")
NO_VOLUME = (
    "case=5 (needs the report's voxel torso). Give case5world.tar.gz with --volume, or set CTDOSE_REFERENCE."
)

Path = str | os.PathLike[str]
OnJob = Callable[[str, int, int], None]
"""Called with a run's name, its number from 0 and the number of all runs, before it begins."""


def case_names() -> tuple[str, ...]:
    """Names of the benchmark cases, in order."""
    return CASES


def plan_jobs(cases: Iterable[str] = (), volume_path: Path | None = None) -> list[Job]:
    """The runs of the cases.

    Parameters
    ----------
    cases : iterable of str
        Cases, or runs of one as in ``4.2/120 kVp 10 mm`` or ``5/120 kVp/90``; none: all that are possible, so
        without case 5 if its volume is not at hand.
    volume_path : path, optional
        The voxel torso of case 5 (default: below the folder that CTDOSE_REFERENCE names).

    Raises
    ------
    ValueError
        If a case is unknown.
    CtdoseError
        If case 5 is asked for and its volume is missing.
    """
    wanted = [str(case) for case in cases]
    path = case_5.find_volume(volume_path)
    if path is None and any(name.split("/")[0] == case_5.CASE for name in wanted):
        raise CtdoseError(NO_VOLUME)
    every = [*case_1.jobs(), *case_2.jobs(), *case_4.disc_jobs(), *case_4.rod_jobs()]
    if path is not None:
        every += case_5.jobs(path)
    chosen: list[Job] = []
    for name in wanted or dict.fromkeys(job.case for job in every):
        found = [job for job in every if job.name == name or job.name.startswith(f"{name}/")]
        if not found:
            raise ValueError(
                f"case={name!r} (unknown). {nearest(name, [*CASES, *(job.name for job in every)])}"
            )
        chosen += [job for job in found if job not in chosen]
    return chosen


def run_cases(
    cases: Iterable[str] = (),
    *,
    scale: float = 1.0,
    seed: int = 1,
    threads: int = 1,
    volume_path: Path | None = None,
    estimator: str = "collision-kerma",
    doppler: bool = True,
    on_job: OnJob | None = None,
) -> list[Row]:
    """Run benchmark cases.

    Parameters
    ----------
    cases : iterable of str
        As for `plan_jobs`; none: all that are possible.
    scale : float
        Factor on the histories, 1: standard errors of 0.5 %; they go with 1/sqrt(scale).
    seed, threads : int
        As for `ctdose.irradiate`.
    volume_path : path, optional
        The voxel torso of case 5 (default: below the folder that CTDOSE_REFERENCE names).
    estimator : str
        ``collision-kerma`` or ``analogue`` (which case 1, being a fluence, does not heed).
    doppler : bool
        Broaden Compton scattering by Compton profiles, as the report's codes do; without, 0.1 % less energy is
        imparted.
    on_job : callable, optional
        Called before each run with its name, its number and the number of all.

    Returns
    -------
    list of Row
        One for each figure of the report.

    Raises
    ------
    ValueError
        If a case is unknown or the scale is not positive.
    CtdoseError
        If case 5 is asked for and its volume is missing or is not that volume.
    """
    if not scale > 0.0:
        raise ValueError(f"scale={scale} (must be positive). 1 takes the histories of the published table.")
    jobs = plan_jobs(cases, volume_path)
    rows: list[Row] = []
    for number, job in enumerate(jobs):
        if on_job is not None:
            on_job(job.name, number, len(jobs))
        rows += job.run(scale=scale, seed=seed, threads=threads, estimator=estimator, doppler=doppler)
    return rows


COLUMNS = (
    "case",
    "beam",
    "angle",
    "volume",
    "ours",
    "sigma",
    "mean",
    "min",
    "max",
    "difference_%",
    "allowed_%",
    "ok",
)


def format_table(rows: Sequence[Row]) -> str:
    """Rows as a tab-separated table with a line of headings."""
    lines = ["\t".join(COLUMNS)]
    for r in rows:
        numbers = [f"{v:.6g}" for v in (r.ours, r.sigma, r.mean, r.low, r.high)]
        percents = [f"{r.difference_percent:+.2f}", f"{r.allowed_percent:.2f}"]
        lines.append("\t".join([*r.key, *numbers, *percents, "yes" if r.ok else "NO"]))
    return "\n".join(lines) + "\n"
