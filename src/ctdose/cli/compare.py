"""`ctdose compare`: settings of one exam side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ctdose.cli.typed_numbers import parse_histories, parse_number, parse_seed, parse_threads
from ctdose.errors import CtdoseError

SUFFIX = ".h5"
TARGET = "For example 0.005."


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
    target_error: Annotated[
        str | None,
        typer.Option(
            metavar="SHARE", help="Until ratios of effective dose are known so well: 0.005 is 0.5 %."
        ),
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
    numbers. With --target-error the histories of the study are left aside: as many as it takes, at most --histories
    or 1e9. Ctrl-C stops within a second; a part of a study is none, so nothing is written, and the exit code is 1.

    \b
    Examples:
      ctdose compare chest-voltage
      ctdose compare mine.yaml -o mine.h5 --csv mine.csv --plot pictures
      ctdose compare chest-voltage --target-error 0.002
    """
    from ctdose.cli.compare_files import check_study_paths
    from ctdose.cli.compare_run import Files, Wanted, compare_and_save
    from ctdose.cli.study_table import print_study
    from ctdose.study.library import load_study

    if not study.strip():
        raise CtdoseError(f"study={study!r} (empty). Give a study's file, or a name of ctdose study list.")
    wanted = Wanted(
        histories=None if histories is None else parse_histories(histories),
        threads=None if threads is None else parse_threads(threads),
        seed=None if seed is None else parse_seed(seed),
        target_error=None
        if target_error is None
        else parse_number("target_error", target_error, 1e-5, 0.5, TARGET),
    )
    file = load_study(study)
    path = output or Path(Path(study).name.removesuffix(".yaml").removesuffix(".yml") + SUFFIX)
    check_study_paths(path, csv, plot, overwrite=overwrite)
    print_study(compare_and_save(file, wanted, Files(path, csv, plot, overwrite)))
