"""`ctdose merge`: one result of the parts of a run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ctdose.cli.messages import say
from ctdose.cli.output_file import check_place, check_result_path
from ctdose.cli.output_lock import locked
from ctdose.cli.resume import check_replaceable
from ctdose.errors import CtdoseError
from ctdose.results.part_layout import PART_SUFFIX

if TYPE_CHECKING:
    from ctdose.execution.prepared import PreparedExam
    from ctdose.results.part import RunPart

SHOWN_RANGES = 6


def merge(
    parts: Annotated[
        list[Path],
        typer.Argument(metavar="PART", help="Parts that ctdose run --batches wrote, or checkpoints."),
    ],
    output: Annotated[
        Path,
        typer.Option("-o", "--output", metavar="FILE", help="The result; with the end .part: a larger part."),
    ],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier file.")] = False,
) -> int:
    """Join the parts of a run: the result has the bits of a run in one piece.

    If batches are missing the result is marked incomplete, they are named, and the exit code is 1. Parts that are
    joined to FILE.h5.part are a checkpoint: ctdose run -o FILE.h5 goes on from it.

    \b
    Examples:
      ctdose merge chest.*.part -o chest.h5
    """
    _check_output(output, overwrite=overwrite)
    from ctdose.execution.merge import join_parts, prepare_part
    from ctdose.results.part_file import load_part, save_part

    parts = _each_once(parts)
    with locked(output):
        joined = join_parts((path, load_part(path)) for path in parts)
        ready = prepare_part(joined, parts[0])
        whole = _tell_of_missing(ready, joined)
        if output.suffix == PART_SUFFIX:
            save_part(joined, output)
        else:
            whole = _save_result(joined, parts[0], ready, output)
        say(f"Wrote {output}: {joined.done:,} histories of {len(parts)} part{'s' * (len(parts) > 1)}.")
    return 0 if whole else 1


def _each_once(parts: list[Path]) -> list[Path]:
    """The files that were named, each once: a pattern of the shell may name one that is named besides."""
    found: dict[str, Path] = {}
    for path in parts:
        if found.setdefault(os.path.abspath(path), path) is not path:
            say(f"{path} is named more than once; it counts once.")
    return list(found.values())


def _check_output(output: Path, *, overwrite: bool) -> None:
    if output.suffix != PART_SUFFIX:
        check_result_path(output, overwrite=overwrite)
        return
    check_place("output", output)
    if not output.exists():
        return
    if not overwrite:
        raise CtdoseError(f"output={output} (exists). Add --overwrite, or name another file with -o.")
    check_replaceable(output)


def _save_result(joined: RunPart, first: Path, ready: PreparedExam, output: Path) -> bool:
    """Assemble, write and show the result; whether it is complete."""
    from ctdose.api import available_threads
    from ctdose.cli.summary import print_result
    from ctdose.execution.merge import result_of_part

    result = result_of_part(joined, first, ready=ready, threads=available_threads())
    result.save(output, overwrite=True)
    print_result(result)
    return result.complete


def _tell_of_missing(ready: PreparedExam, joined: RunPart) -> bool:
    """Name the batches that are missing; whether there are none. With a target that cannot be said beforehand."""
    from ctdose.execution.merge import missing_batches

    if ready.exam.simulation.target_relative_standard_error is not None:
        return True
    missing = missing_batches(ready, joined)
    for name, numbers in missing.items():
        say(f"Incomplete: {name} lacks {len(numbers)} batches: {ranges_text(numbers)}.")
    return not missing


def ranges_text(numbers: list[int]) -> str:
    """Numbers as ranges A:B, as `ctdose run --batches` takes them."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][1]:
            ranges[-1][1] += 1
        else:
            ranges.append([number, number + 1])
    shown = ", ".join(f"{first}:{end}" for first, end in ranges[:SHOWN_RANGES])
    return shown + (" and more" if len(ranges) > SHOWN_RANGES else "")
