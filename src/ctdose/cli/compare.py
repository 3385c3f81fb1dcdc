"""`ctdose compare`: settings of one exam side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ctdose.cli.messages import say
from ctdose.cli.typed_numbers import parse_histories, parse_seed, parse_threads
from ctdose.errors import CtdoseError, MissingExtraError

if TYPE_CHECKING:
    from ctdose.study.prepared import PreparedStudy
    from ctdose.study.result import StudyResult

SUFFIX = ".h5"
STUDY_FORMAT = "ctdose-study"


def compare(
    study: Annotated[
        str, typer.Argument(metavar="STUDY", help="A study's file, or a name of `ctdose study list`.")
    ],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="The result. [default: STUDY.h5 here]"),
    ] = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Every dose at every criterion as CSV.")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="DIR", help="Folder for the pictures; made if need be.")
    ] = None,
    histories: Annotated[
        str | None, typer.Option(metavar="N", help="Of each set of variants that share them: 2e6 or 2M.")
    ] = None,
    threads: Annotated[
        str | None,
        typer.Option(metavar="N", help="The result does not depend on it. [default: all processors]"),
    ] = None,
    seed: Annotated[str | None, typer.Option(metavar="N", help="Instead of the study's.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace earlier results.")] = False,
) -> None:
    """Compare settings of an exam: doses, and their ratios, at equal mAs, CTDI_vol, image noise and CNR.

    Variants in voltage, filter, bowtie, mA and modulation share histories; others run anew with the same random
    numbers.

    \b
    Examples:
      ctdose compare chest-voltage
      ctdose compare mine.yaml -o mine.h5 --csv mine.csv --plot pictures
    """
    from ctdose.cli.study_table import print_study
    from ctdose.study.library import load_study
    from ctdose.study.prepared import prepare_study

    if not study.strip():
        raise CtdoseError(f"study={study!r} (empty). Give a study's file, or a name of ctdose study list.")
    count = None if histories is None else parse_histories(histories)
    workers = None if threads is None else parse_threads(threads)
    number = None if seed is None else parse_seed(seed)
    file = load_study(study)
    path = output or Path(Path(study).name.removesuffix(".yaml").removesuffix(".yml") + SUFFIX)
    _check_targets(path, csv, plot, overwrite=overwrite)
    result = _run(prepare_study(file, histories=count, seed=number), workers)
    _write(result, path, csv, plot, overwrite=overwrite)
    print_study(result)


def _check_targets(path: Path, csv: Path | None, plot: Path | None, *, overwrite: bool) -> None:
    """Refuse what could not be written, before anything is simulated."""
    from importlib.util import find_spec

    from ctdose.cli.output_file import check_place, format_of

    check_place("output", path)
    if path.exists():
        if not overwrite:
            raise CtdoseError(f"output={path} (exists). Add --overwrite, or name another file with -o.")
        if format_of(path) != STUDY_FORMAT:
            why = "exists and is not a ctdose study, so it is not overwritten"
            raise CtdoseError(f"output={path} ({why}). Name another file with -o.")
    if csv is not None:
        check_place("csv", csv)
        if csv.exists() and not overwrite:
            raise CtdoseError(f"csv={csv} (exists). Add --overwrite, or name another file.")
        if csv.absolute() == path.absolute():
            raise CtdoseError(f"csv={csv} (also the name of the result). Name another file.")
    if plot is not None:
        if find_spec("matplotlib") is None:
            raise MissingExtraError("A plot", "plot")
        if plot.exists() and not plot.is_dir():
            raise CtdoseError(f"plot={plot} (a file). Name a folder.")
        if not plot.exists() and not plot.parent.is_dir():
            raise CtdoseError(f"plot={plot} (no folder {plot.parent}). Make it first.")
        _check_pictures(plot, overwrite=overwrite)


def _check_pictures(folder: Path, *, overwrite: bool) -> None:
    from ctdose.study.plots import NOISE_FILE, ORGANS_FILE

    for name in (ORGANS_FILE, NOISE_FILE):
        if (folder / name).exists() and not overwrite:
            raise CtdoseError(
                f"plot={folder} (holds {name} already). Add --overwrite, or name another folder."
            )


def _run(ready: PreparedStudy, threads: int | None) -> StudyResult:
    from ctdose.api import available_threads
    from ctdose.cli.display import make_display
    from ctdose.cli.interrupt import Interrupt, Stopped
    from ctdose.cli.progress import ProgressReport
    from ctdose.simulation.compiled import is_compiled
    from ctdose.study.run import run_study

    display = make_display()
    report = ProgressReport(display, (), compiled=is_compiled())
    try:
        with Interrupt() as interrupt:

            def progress(stage: str, done: int, batches: int) -> None:
                interrupt.check()
                report(stage, done, batches)

            return run_study(ready, threads=threads or available_threads(), progress=progress)
    except (Stopped, KeyboardInterrupt):
        raise Stopped("Nothing was written.") from None
    finally:
        display.close()


def _write(result: StudyResult, path: Path, csv: Path | None, plot: Path | None, *, overwrite: bool) -> None:
    from ctdose.results.hdf5_write import write_file
    from ctdose.results.tables import to_csv
    from ctdose.study.plots import plot_study
    from ctdose.study.study_file import save_study
    from ctdose.study.tables import dose_rows

    save_study(result, path, overwrite=overwrite)
    say(f"Wrote {path}.")
    if csv is not None:
        write_file(csv, to_csv(dose_rows(result)).encode(), overwrite=overwrite)
        say(f"Wrote {csv}.")
    if plot is not None:
        plot.mkdir(exist_ok=True)
        for picture in plot_study(result, plot):
            say(f"Wrote {picture}.")
