"""The checkpoint of a run: all that is done, written now and then, so that a run that was killed goes on from there."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from ctdose.errors import CtdoseError
from ctdose.execution.assembled import scanner_yaml
from ctdose.execution.prepared import PreparedExam
from ctdose.results.part import BodyPart, RunPart
from ctdose.results.part_file import remove_part, save_part
from ctdose.simulation.job import Job, first_difference
from ctdose.simulation.sums import Sums

EVERY_SECONDS = 30.0
LARGEST_SHARE = 0.05  # of the time, spent on writing
ADVICE = "Name another output with -o, or begin anew with --fresh."
Notice = Callable[[str], None]


class Checkpoint:
    """Keeps what is done of a run in one file.

    Parameters
    ----------
    path : Path
    ready : PreparedExam
    stored : RunPart, optional
        What the file holds (`load_part`).
    seconds : float
        Write about so often; seldomer where writing would take more than a twentieth of the time. Infinite: only
        when `write` is called.
    device : str
        On which the run is made.
    advice : str
        What to do where the file is that of another run.
    notice : callable, optional
        Told in one line that the file cannot be written; the run goes on.

    Attributes
    ----------
    unwritten : bool
        Whether something was done since it was written last.
    """

    def __init__(
        self,
        path: Path,
        ready: PreparedExam,
        stored: RunPart | None = None,
        *,
        seconds: float = EVERY_SECONDS,
        device: str = "cpu",
        advice: str = ADVICE,
        notice: Notice = lambda text: None,
    ) -> None:
        self.path, self.seconds = path, seconds
        self._ready, self._notice = ready, notice
        self._device, self.advice = device, advice
        self._began = self._last = time.monotonic()
        self._pause = seconds
        self._failed = False
        self.unwritten = False
        self._before = stored.seconds if stored else 0.0
        self._bodies: dict[str, BodyPart] = dict(stored.bodies) if stored else {}

    @property
    def histories(self) -> int:
        """Histories that it holds."""
        return sum(body.sums.histories for body in self._bodies.values())

    @property
    def elapsed(self) -> float:
        """Wall time of this run and those before it that it goes on from, s."""
        return self._before + time.monotonic() - self._began

    def numbers(self) -> Mapping[str, list[int]]:
        """Numbers of the batches that it holds, by body."""
        return {name: body.sums.batches.tolist() for name, body in self._bodies.items()}

    def sums(self, name: str, *, with_map: bool = True) -> Sums | None:
        """What is done of a body; None if there is nothing. `with_map` False: without its map, which takes a moment."""
        stored = self._bodies.get(name)
        if stored is None:
            return None
        return stored.whole() if with_map else stored.sums

    def check(self, identity: Mapping[str, str]) -> None:
        """Check that what is stored belongs to a run of this identity.

        Raises
        ------
        CtdoseError
            If it does not: one line that says in what they differ.
        """
        for body in self._bodies.values():
            different = first_difference(identity, body.identity)
            if different is not None:
                raise self._other_run(different, identity, body.identity)

    def start(self, job: Job) -> Sums | None:
        """What is done of a job already, which is about to go on; the maps of the other bodies are packed meanwhile.

        Raises
        ------
        CtdoseError
            If what is stored is of another job.
        """
        for name in self._bodies.keys() - {job.body}:
            self._bodies[name] = self._bodies[name].packed()
        stored = self._bodies.get(job.body)
        if stored is None:
            return None
        different = first_difference(job.identity, stored.identity)
        if different is not None or job.identity.keys() != stored.identity.keys():
            raise self._other_run(different or "identity", job.identity, stored.identity)
        return stored.whole()

    def keep(self, job: Job, sums: Sums) -> None:
        """Take over what is done of a job, and write if it is time to."""
        self._bodies[job.body] = BodyPart(sums, job.identity)
        self.unwritten = True
        if time.monotonic() - self._last >= self._pause:
            self.try_to_write()

    def try_to_write(self) -> bool:
        """Write all that is done, or tell, once in a row, that it failed; whether it was written."""
        try:
            self.write()
        except CtdoseError as fault:
            if not self._failed:
                self._notice(f"No checkpoint: {fault}")
            self._failed = True
            return False
        self._failed = False
        return True

    def write(self) -> None:
        """Write all that is done, unless nothing was added since it was written last.

        Raises
        ------
        CtdoseError
            If the file cannot be written; an earlier one is as it was.
        """
        if not self.unwritten and self.path.exists():
            return
        begin = time.monotonic()
        try:
            save_part(self.part(), self.path)
            self.unwritten = False
        finally:
            self._last = time.monotonic()
            self._pause = max(self.seconds, (self._last - begin) / LARGEST_SHARE)

    def part(self) -> RunPart:
        """All that is done."""
        resolved = self._ready.resolved
        order = list(resolved.plans)
        return RunPart(
            exam=self._ready.exam.exam,
            exam_yaml=resolved.to_yaml(),
            scanner_yaml=scanner_yaml(resolved.scanner),
            exam_sha256=resolved.exam_sha256,
            histories=self._ready.exam.most_histories,
            seconds=self.elapsed,
            device=self._device,
            bodies={name: self._bodies[name] for name in order if name in self._bodies},
        )

    def remove(self) -> None:
        """Delete the file: the run is over."""
        remove_part(self.path)

    def _other_run(self, name: str, wanted: Mapping[str, str], stored: Mapping[str, str]) -> CtdoseError:
        what = difference_text(name, wanted, stored)
        return CtdoseError(f"{self.path} (of another run: {what}). {self.advice}")


def difference_text(name: str, wanted: Mapping[str, str], stored: Mapping[str, str]) -> str:
    """In words, how what is stored differs from what is wanted."""
    if name in ("seed", "dose map", "target"):
        return f"{name}: {stored.get(name)} there, {wanted.get(name)} here"
    if name == "tables":
        return "its tables differ: another version of ctdose or numpy, or another kind of processor"
    return f"its {name} is another one"
