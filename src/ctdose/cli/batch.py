"""`ctdose batch`: many exams, a result each and a table of all."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ctdose.cli.typed_numbers import parse_histories, parse_number, parse_seed, parse_threads
from ctdose.errors import CtdoseError

TARGET = "For example 0.01."


def batch(
    source: Annotated[
        Path, typer.Argument(metavar="FOLDER|MANIFEST", help="Exam files, or a table of exams (.csv, .yaml).")
    ],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FOLDER", help="For results. [default: SOURCE-results, here]"),
    ] = None,
    template: Annotated[
        str | None, typer.Option(metavar="EXAM", help="What the rows change: an exam's file or name.")
    ] = None,
    histories: Annotated[
        str | None, typer.Option(metavar="N", help="Instead of the exams': 10_000_000, 1e7 or 10M.")
    ] = None,
    target_error: Annotated[
        str | None,
        typer.Option(metavar="SHARE", help="Until organs in range are known so well: 0.01 is 1 %."),
    ] = None,
    threads: Annotated[
        str | None, typer.Option(metavar="N", help="Results do not depend on it. [default: all processors]")
    ] = None,
    seed: Annotated[str | None, typer.Option(metavar="N", help="Instead of the exams'.")] = None,
    device: Annotated[str, typer.Option(metavar="cpu|cuda", help="cuda: an NVIDIA GPU.")] = "cpu",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace results of other exams that have these names.")
    ] = False,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Simulate what is there already, and equal exams, again.")
    ] = False,
    no_dose_map: Annotated[
        bool, typer.Option("--no-dose-map", help="Organ doses only; smaller files.")
    ] = False,
    parquet: Annotated[
        bool, typer.Option("--parquet", help="Write the summary as summary.parquet too.")
    ] = False,
    checkpoint_seconds: Annotated[
        str, typer.Option("--checkpoint-every", metavar="SECONDS", help="As ctdose run; 0: never.")
    ] = "30",
) -> int:
    """Simulate many exams, one after the other: an HDF5 file each, and summary.csv with every dose of all.

    A folder's exam files, or the rows of a manifest, in which columns change keys of a template. A wrong exam is
    reported and does not stop the others. The same command again goes on where it was stopped; results that are
    there are left, and of equal exams one is simulated. The exit code is 0 if all have a result, else 1.

    \b
    Examples:
      ctdose batch exams/
      ctdose batch patients.csv --template chest -o patients --histories 1e7
    """
    from ctdose.cli.batch_run import Wanted, run_batch
    from ctdose.simulation.cuda_device import check_device

    check_device(device)
    if not str(source).strip() or not source.exists():
        raise CtdoseError(f"{source} (no such folder or file). Give a folder of exams, or a manifest.")
    if parquet:
        _check_pyarrow()
    wanted = Wanted(
        template=template,
        histories=None if histories is None else parse_histories(histories),
        target=None
        if target_error is None
        else parse_number("target_error", target_error, 1e-5, 0.5, TARGET),
        threads=None if threads is None else parse_threads(threads),
        seed=None if seed is None else parse_seed(seed),
        device=device,
        overwrite=overwrite,
        reuse=not no_cache,
        dose_map=not no_dose_map,
        parquet=parquet,
        checkpoint_seconds=parse_number("checkpoint_every", checkpoint_seconds, 0.0, 86400.0, "30, or 0.")
        or float("inf"),
    )
    return run_batch(source, output or Path(f"{source.resolve().stem}-results"), wanted)


def _check_pyarrow() -> None:
    from importlib.util import find_spec

    from ctdose.errors import MissingExtraError

    if find_spec("pyarrow") is None:
        raise MissingExtraError("Parquet", "parquet")
