"""`ctdose check`: what an exam would simulate, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ctdose.cli.exam_name import check_exam_name
from ctdose.cli.messages import say
from ctdose.cli.output_file import check_picture_path
from ctdose.errors import CtdoseError

if TYPE_CHECKING:
    from ctdose.api import PreparedExam


def check(
    exams: Annotated[
        list[str], typer.Argument(metavar="EXAM", help="Files, or names of `ctdose exam list`.")
    ],
    plot: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Draw the scan range on the phantom (.png, .pdf, .svg)."),
    ] = None,
    plot_current: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Draw modulated tube currents over z and angle (.png, .pdf, .svg)."
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier picture.")] = False,
) -> int:
    """Check exams without a run: every fault of every file, one line each.

    A right exam is printed with all defaults filled in and marked, as YAML that can be run again; in its last
    lines stand planned and irradiated range, CTDI_vol, DLP, water-equivalent diameter, SSDE and an estimate of
    the time.

    \b
    Examples:
      ctdose check mine.yaml
      ctdose check chest --plot range.png
      ctdose check modulated.yaml --plot-current current.png
    """
    for picture in (plot, plot_current):
        if picture is None:
            continue
        if len(exams) > 1:
            raise CtdoseError(f"plot={picture} (with {len(exams)} exams). Check one exam to draw it.")
        check_picture_path(picture, overwrite=overwrite)
    checked = [found for found in map(_checked, exams) if found is not None]
    print("\n".join(text for _, text in checked), end="")
    if plot is not None and checked:
        _draw(checked[0][0], plot)
    if plot_current is not None and checked:
        from ctdose.results.current_plot import plot_currents

        plot_currents(checked[0][0].resolved.plans, plot_current)
        say(f"Wrote {plot_current}.")
    return 0 if len(checked) == len(exams) else 2


def _checked(name: str) -> tuple[PreparedExam, str] | None:
    """Load and check one exam; its faults are shown, so that those of the next exam are found too."""
    from ctdose.api import prepare

    try:
        prepared = prepare(check_exam_name(name))
        return prepared, _text(prepared)
    except CtdoseError as error:
        say(str(error))
        return None


def _text(prepared: PreparedExam) -> str:
    from ctdose.cli.couch_lines import couch_lines
    from ctdose.cli.forecast import dose_lines, size_lines, time_lines

    lines = [
        *dose_lines(prepared.resolved),
        *size_lines(prepared),
        *couch_lines(prepared),
        *time_lines(prepared.exam, prepared.resolved),
    ]
    return prepared.resolved.to_yaml() + "".join(f"# {line}\n" for line in lines)


def _draw(prepared: PreparedExam, path: Path) -> None:
    from ctdose.exam.phantom_checks import body_name
    from ctdose.results.plots import plot_phantom
    from ctdose.results.scan_ranges import scan_ranges

    plans = prepared.resolved.plans
    ranges = {phantom.name: scan_ranges(plans[body_name(phantom)]) for phantom in prepared.phantoms}
    plot_phantom(prepared.phantoms, path, ranges)
    say(f"Wrote {path}.")
