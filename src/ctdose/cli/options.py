"""Options that `ctdose run` and `ctdose batch` share."""

from __future__ import annotations

from typing import Annotated

import typer

Histories = Annotated[
    str | None, typer.Option(metavar="N", help="Instead of the exam's: 10_000_000, 1e7 or 10M.")
]
TargetError = Annotated[
    str | None,
    typer.Option(metavar="SHARE", help="Until organs in range are known so well: 0.01 is 1 %."),
]
Threads = Annotated[
    str | None,
    typer.Option(metavar="N", help="The result does not depend on it. [default: all processors]"),
]
Seed = Annotated[str | None, typer.Option(metavar="N", help="Instead of the exam's.")]
Device = Annotated[
    str, typer.Option(metavar="cpu|cuda", help="cuda: an NVIDIA GPU. The result does not depend on it.")
]
Scheduler = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="Run on the workers of a Dask cluster: tcp://host:8786."),
]
Workers = Annotated[
    str | None,
    typer.Option(metavar="N", help="Run on so many worker processes, started here by Dask."),
]
NoDoseMap = Annotated[bool, typer.Option("--no-dose-map", help="Organ doses only; smaller files.")]
CheckpointEvery = Annotated[
    str,
    typer.Option("--checkpoint-every", metavar="SECONDS", help="Write RESULT.part so often; 0: never."),
]
EVERY = "30"
