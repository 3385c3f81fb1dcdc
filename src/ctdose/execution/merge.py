"""Parts of one run joined, and the result of what they hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from ctdose.errors import CtdoseError
from ctdose.exam.parse import exam_from_document
from ctdose.execution.calibrated import Progress
from ctdose.execution.checkpoint import Checkpoint, difference_text
from ctdose.execution.exam_run import run_exam
from ctdose.execution.identity import exam_identity
from ctdose.execution.prepared import PreparedExam, prepare
from ctdose.results.part import BodyPart, RunPart
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


def join_parts(parts: Iterable[tuple[Path, RunPart]]) -> RunPart:
    """Add the parts of one run, exactly.

    Parameters
    ----------
    parts : iterable of (Path, RunPart)
        With the file of each, for messages. Taken one by one: besides the sum one part is in memory at a time.

    Returns
    -------
    RunPart
        Of the run that was asked for most histories.

    Raises
    ------
    CtdoseError
        If they are not parts of one run, two hold the same batch, or none holds any.
    """
    joined: RunPart | None = None
    holders: dict[str, dict[int, Path]] = {}
    path = Path()
    for path, part in parts:
        for name, body in part.bodies.items():
            _check_body(name, body, path, joined, holders.setdefault(name, {}))
        joined = part if joined is None else _added(joined, part)
    if joined is None or not joined.bodies:
        raise CtdoseError(f"{path} (holds no batch). Give parts that ctdose run wrote.")
    return joined


def _check_body(
    name: str, body: BodyPart, path: Path, joined: RunPart | None, holder: dict[int, Path]
) -> None:
    """Check that a part's body is of the same run, and new; `holder` says which file has which batch, and is told."""
    before = None if joined is None else joined.bodies.get(name)
    different = None if before is None else first_difference(before.identity, body.identity)
    if before is not None and different is not None:
        first = next(iter(holder.values()))
        what = difference_text(different, before.identity, body.identity)
        raise CtdoseError(f"{path} (of another run than {first}: {what}). {ONE_RUN}")
    for number in body.sums.batches.tolist():
        if number in holder:
            raise CtdoseError(
                f"{path} (holds batch {number} of {name}, as {holder[number]} does). Leave one of them out."
            )
        holder[number] = path


def _added(joined: RunPart, part: RunPart) -> RunPart:
    bodies = dict(joined.bodies)
    for name, body in part.bodies.items():
        before = bodies.get(name)
        bodies[name] = (
            body if before is None else BodyPart(before.whole().absorb(body.whole()), before.identity)
        )
    larger = part if part.histories > joined.histories else joined
    return replace(larger, seconds=joined.seconds + part.seconds, bodies=bodies)


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
        part, bodies={n: replace(b, identity={**b.identity, **again}) for n, b in part.bodies.items()}
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
