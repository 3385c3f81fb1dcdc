"""The published table: what a full run gave, when, with which kernel, on what machine."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ctdose import __version__
from ctdose.errors import CtdoseError
from ctdose.validation.reference import load_reference
from ctdose.validation.row import Row
from ctdose.validation.run import CASES, plan_jobs, run_cases

TABLE = Path("validation", "tg195.json")  # below the documentation's folder


@dataclass(frozen=True)
class PublishedCase:
    """One case of the published table.

    Parameters
    ----------
    case : str
    facts : mapping
        `date`, `seed`, `scale`, `histories`, `kernel_sha256`, `physics`, `ctdose_version`, `machine`, `seconds`.
    rows : list of Row
    """

    case: str
    facts: dict[str, Any]
    rows: list[Row]


def machine() -> str:
    """Processor model and number of cores."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        names = [
            line.partition(":")[2].strip() for line in info.read_text().splitlines() if "model name" in line
        ]
        model = names[0] if names else model
    cores = os.cpu_count()
    return f"{model}, {cores} core{'' if cores == 1 else 's'}"


def measure_case(case: str, *, scale: float = 1.0, seed: int = 1, **options: Any) -> PublishedCase:
    """Run one case and note what it was run with.

    Parameters
    ----------
    case : str
    scale, seed, **options
        Of `run_cases`.
    """
    from ctdose.physics.version import physics_version
    from ctdose.simulation.compiled import kernel_sha256

    begin = time.perf_counter()
    rows = run_cases([case], scale=scale, seed=seed, **options)
    facts = {
        "date": datetime.now(UTC).date().isoformat(),
        "seed": seed,
        "scale": scale,
        "histories": {
            j.name: j.scaled_histories(scale) for j in plan_jobs([case], options.get("volume_path"))
        },
        "kernel_sha256": kernel_sha256(),
        "physics": physics_version(),
        "ctdose_version": __version__,
        "machine": machine(),
        "seconds": round(time.perf_counter() - begin),
    }
    return PublishedCase(case, facts, rows)


def load_published(docs: Path) -> dict[str, PublishedCase]:
    """Read the published table below the documentation's folder, by case; empty if there is none yet.

    Raises
    ------
    CtdoseError
        If a row is not one of the report's.
    """
    path = docs / TABLE
    if not path.is_file():
        return {}
    reference, cases = load_reference().rows, {}
    for case, content in json.loads(path.read_text(encoding="utf-8")).items():
        try:
            rows = [Row.of(reference[case, b, a, v], ours, sigma) for b, a, v, ours, sigma in content["rows"]]
        except KeyError as fault:
            raise CtdoseError(f"{path}: row {fault} (not in the report). Publish the case anew.") from None
        cases[case] = PublishedCase(case, {k: v for k, v in content.items() if k != "rows"}, rows)
    return cases


def save_published(docs: Path, cases: Iterable[PublishedCase]) -> None:
    """Replace cases of the published table; those not given stay as they are."""
    known = load_published(docs) | {each.case: each for each in cases}
    parts = [_as_json(known[case]) for case in CASES if case in known]
    (docs / TABLE).parent.mkdir(parents=True, exist_ok=True)
    (docs / TABLE).write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")


def _as_json(each: PublishedCase) -> str:
    """One case, a row a line, so that a change is seen."""
    facts = json.dumps(each.facts, indent=1)[1:-2]
    rows = ",\n  ".join(json.dumps(_compact(row)) for row in each.rows)
    return f'"{each.case}": {{{facts},\n "rows": [\n  {rows}\n ]}}'


def _compact(row: Row) -> Sequence[str | float]:
    return [row.beam, row.angle, row.volume, float(f"{row.ours:.7g}"), float(f"{row.sigma:.3g}")]
