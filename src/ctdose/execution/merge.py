"""Parts of one run joined, and the result of what they hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np

from ctdose.errors import CtdoseError
from ctdose.exam.parse import exam_from_document
from ctdose.execution.calibrated import Progress
from ctdose.execution.checkpoint import Checkpoint, difference_text
from ctdose.execution.exam_run import run_exam
from ctdose.execution.identity import exam_identity
from ctdose.execution.prepared import PreparedExam, prepare
from ctdose.results.part_file import BodyPart, RunPart
from ctdose.results.result import Result
from ctdose.scanner.model import Scanner
from ctdose.simulation.job import Job, first_difference
from ctdose.simulation.runner import Progress as BatchProgress
from ctdose.simulation.sums import Sums
from ctdose.yaml_reader import parse_yaml

ONE_RUN = "Merge parts of one run, made by one version of ctdose on one kind of processor."


class Idle:
    """An executor that runs nothing: what is there has to do."""

    interrupted = True

    def run(self, job: Job, batches: list[int], progress: BatchProgress | None) -> Iterator[Sums]:
        """Give nothing."""
        return iter(())


def join_parts(parts: Mapping[Path, RunPart]) -> RunPart:
    """Add the parts of one run, exactly.

    Parameters
    ----------
    parts : mapping of Path to RunPart
        By file, for messages.

    Returns
    -------
    RunPart
        Of the run that was asked for most histories.

    Raises
    ------
    CtdoseError
        If they are not parts of one run, or two hold the same batch.
    """
    names: dict[str, None] = dict.fromkeys(name for part in parts.values() for name in part.bodies)
    largest = max(parts.values(), key=lambda part: part.histories)
    return replace(
        largest,
        seconds=sum(part.seconds for part in parts.values()),
        bodies={name: _join_body(name, parts) for name in names},
    )


def _join_body(name: str, parts: Mapping[Path, RunPart]) -> BodyPart:
    having = {path: part.bodies[name] for path, part in parts.items() if name in part.bodies}
    (first, body), *others = having.items()
    holder = dict.fromkeys(body.sums.batches.tolist(), first)
    for path, other in others:
        different = first_difference(body.identity, other.identity)
        if different is not None:
            what = difference_text(different, body.identity, other.identity)
            raise CtdoseError(f"{path} (of another run than {first}: {what}). {ONE_RUN}")
        for number in other.sums.batches.tolist():
            if number in holder:
                raise CtdoseError(
                    f"{path} (holds batch {number} of {name}, as {holder[number]} does). Leave one of them out."
                )
            holder[number] = path
    return BodyPart(reduce(add, (each.sums for each in having.values())), body.identity)


def missing_batches(ready: PreparedExam, part: RunPart) -> dict[str, list[int]]:
    """Batches that a part lacks of the run that it belongs to, by body, where any are missing.

    Parameters
    ----------
    ready : PreparedExam
        Of the part; without a target.
    part : RunPart
    """
    from ctdose.execution.body_setup import batches_of_body

    wanted = np.arange(batches_of_body(ready))
    held = {name: body.sums.batches for name, body in part.bodies.items()}
    found = {name: np.setdiff1d(wanted, held.get(name, [])).tolist() for name in ready.resolved.plans}
    return {name: numbers for name, numbers in found.items() if numbers}


def prepare_part(part: RunPart, path: Path) -> PreparedExam:
    """The exam of a part, as its resolved YAML has it; a phantom's file is looked for beside `path`.

    Raises
    ------
    CtdoseError
        If a file that the exam names is not there.
    """
    document = parse_yaml(part.exam_yaml.encode(), str(path))
    exam = exam_from_document(document, folder=path.parent, check_scanner=False)
    scanner = Scanner.model_validate(parse_yaml(part.scanner_yaml.encode(), "scanner.yaml").data)
    return prepare(exam, scanner=scanner)


def result_of_part(
    part: RunPart, path: Path, *, ready: PreparedExam, threads: int = 1, progress: Progress | None = None
) -> Result:
    """The result of what a part holds; its tables are built again, and have to be those of the part.

    Parameters
    ----------
    part : RunPart
    path : Path
        For messages.
    ready : PreparedExam
        `prepare_part` of it.
    threads, progress
        Of a calibration that is not in the cache.

    Raises
    ------
    CtdoseError
        If the part was made by another version, or on another kind of processor.
    """
    kept = next(iter(part.bodies.values())).identity
    own = exam_identity(ready, dose_map=kept.get("dose map") == "kept")
    # The YAML of an exam is not its file: defaults are filled in. That nothing else differs, the tables show.
    again = {"exam": own["exam"]}
    stored = replace(
        part, bodies={n: BodyPart(b.sums, {**b.identity, **again}) for n, b in part.bodies.items()}
    )
    result = run_exam(
        ready,
        Idle(),
        threads=threads,
        dose_map=kept.get("dose map") == "kept",
        device=part.device,
        checkpoint=Checkpoint(path, ready, stored, advice=ONE_RUN),
        progress=progress,
    )
    return replace(
        result,
        exam_yaml=part.exam_yaml,
        scanner_yaml=part.scanner_yaml,
        exam_sha256=part.exam_sha256,
        seconds=part.seconds,
    )
