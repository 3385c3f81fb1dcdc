"""How fast runs go on this machine: the last run's rate, kept in the cache, for estimates of time."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

from ctdose._cache import cache_dir

ASSUMED_PER_THREAD = 2e5
"""Histories per second and thread where nothing was run yet: a middling core of 2020."""


@dataclass(frozen=True)
class Rate:
    """Histories per second and thread, and whether they were measured here."""

    per_thread: float
    measured: bool

    def seconds(self, histories: int, threads: int) -> float:
        """Time for so many histories, s."""
        return histories / (self.per_thread * threads)


def last_rate(estimator: str) -> Rate:
    """Rate of the last run with an estimator, or an assumed one."""
    path = _file(estimator)
    try:
        value = float(json.loads(path.read_text("utf-8"))["histories_per_second_and_thread"]) if path else 0.0
    except (OSError, ValueError, TypeError, KeyError):
        value = 0.0
    known = math.isfinite(value) and value > 0
    return Rate(value, True) if known else Rate(ASSUMED_PER_THREAD, False)


def keep_rate(estimator: str, histories_per_second: float, threads: int) -> None:
    """Keep the rate of a run; silently nothing where there is no cache."""
    path = _file(estimator)
    if path is None or not histories_per_second > 0:
        return
    try:
        part = path.with_suffix(".part")
        part.write_text(
            json.dumps({"histories_per_second_and_thread": histories_per_second / threads}), "utf-8"
        )
        part.replace(path)
    except OSError:
        return


def clock(seconds: float) -> str:
    """Show a duration: 8 s, 3 min 20 s, 2 h 10 min."""
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s" if whole < 600 else f"{round(whole / 60)} min"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def _file(estimator: str) -> Path | None:
    folder = cache_dir("rates")
    return None if folder is None else folder / f"{estimator}.json"
