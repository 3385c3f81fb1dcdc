"""`ctdose batch`: many exams, a result each and a table of all."""

from __future__ import annotations

from os.path import exists  # unlike Path's, False for a name that no system accepts
from pathlib import Path
from typing import Annotated

import typer

from ctdose.cli import options
from ctdose.errors import CtdoseError
from ctdose.faults import one_line, shortened


def batch(
    source: Annotated[
        str, typer.Argument(metavar="FOLDER|MANIFEST", help="Exam files, or a table of exams (.csv, .yaml).")
    ],
    output: Annotated[
        str | None,
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

    place = _source(source)
    if output is not None and not output.strip():
        raise CtdoseError("output='' (empty). Name a folder with -o, or leave it out.")
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
    return run_batch(place, Path(output) if output else _default_output(place), wanted)


def _default_output(source: Path) -> Path:
    """A folder here, named after the source; a point in a folder's name begins no suffix."""
    place = source.resolve()
    return Path(f"{place.name if place.is_dir() else place.stem}-results")


def _source(text: str) -> Path:
    """What is named, which an empty text is not: as a path it would be the current folder."""
    right = "Give a folder of exams, or a manifest."
    if not text.strip():
        raise CtdoseError(f"source='' (empty). {right}")
    if not exists(text):
        raise CtdoseError(one_line(f"{shortened(text)} (no such folder or file). {right}"))
    return Path(text)


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
