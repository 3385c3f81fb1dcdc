"""`ctdose batch`: many exams, a result each and a table of all."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ctdose.cli import options
from ctdose.errors import CtdoseError


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
    histories: options.Histories = None,
    target_error: options.TargetError = None,
    threads: options.Threads = None,
    scheduler: options.Scheduler = None,
    workers: options.Workers = None,
    seed: options.Seed = None,
    device: options.Device = "cpu",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace results of other exams that have these names.")
    ] = False,
    no_cache: Annotated[
        bool,
        typer.Option("--no-cache", help="Simulate equal exams too; with --overwrite what is there already."),
    ] = False,
    reuse: Annotated[
        list[Path] | None,
        typer.Option(metavar="FOLDER", help="Results of another batch: equal ones are copied. Repeatable."),
    ] = None,
    no_dose_map: options.NoDoseMap = False,
    parquet: Annotated[
        bool, typer.Option("--parquet", help="Write the summary as summary.parquet too.")
    ] = False,
    checkpoint_every: options.CheckpointEvery = options.EVERY,
) -> int:
    """Simulate many exams: an HDF5 file each, and summary.csv with every dose of all.

    A folder's exam files, or the rows of a manifest, in which columns change keys of a template. A wrong exam is
    reported and does not stop the others. The same command again goes on where it was stopped; results that are
    there are left, and of equal exams one is simulated. The exit code is 0 if all have a result, else 1. On a
    cluster several exams are simulated side by side, else one after the other.

    \b
    Examples:
      ctdose batch exams/
      ctdose batch patients.csv --template chest -o patients --histories 1e7
      ctdose batch patients.csv --template chest --scheduler tcp://10.0.0.5:8786
    """
    from ctdose.cli.batch_run import WantedBatch, run_batch
    from ctdose.cli.wanted import typed

    if not str(source).strip() or not source.exists():
        raise CtdoseError(f"{source} (no such folder or file). Give a folder of exams, or a manifest.")
    if parquet:
        _check_pyarrow()
    run = typed(
        histories=histories,
        target_error=target_error,
        threads=threads,
        scheduler=scheduler,
        workers=workers,
        seed=seed,
        device=device,
        dose_map=not no_dose_map,
        checkpoint_every=checkpoint_every,
    )
    others = _folders(reuse or [], no_cache=no_cache)
    wanted = WantedBatch(
        run, template, overwrite=overwrite, reuse=not no_cache, others=others, parquet=parquet
    )
    return run_batch(source, output or _default_output(source), wanted)


def _default_output(source: Path) -> Path:
    """A folder here, named after the source; a point in a folder's name begins no suffix."""
    place = source.resolve()
    return Path(f"{place.name if place.is_dir() else place.stem}-results")


def _folders(found: list[Path], *, no_cache: bool) -> tuple[Path, ...]:
    """Folders to copy equal results from."""
    if found and no_cache:
        raise CtdoseError("--reuse and --no-cache (they exclude each other). Leave one of them out.")
    for folder in found:
        if not folder.is_dir():
            raise CtdoseError(f"reuse={folder} (no such folder). Give the folder of another batch.")
    return tuple(found)


def _check_pyarrow() -> None:
    from importlib.util import find_spec

    from ctdose.errors import MissingExtraError

    if find_spec("pyarrow") is None:
        raise MissingExtraError("Parquet", "parquet")
