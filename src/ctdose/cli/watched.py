"""A run that a person watches: what runs it, progress shown on standard error, and Ctrl-C asked for at each report."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

from ctdose.cli.display import Display, make_display
from ctdose.cli.interrupt import Interrupt, Stopped
from ctdose.cli.messages import say
from ctdose.cli.progress import CALIBRATION, ProgressReport
from ctdose.cli.wanted import Wanted
from ctdose.errors import CtdoseError

if TYPE_CHECKING:
    from ctdose.execution.checkpoint import Checkpoint
    from ctdose.execution.prepared import PreparedExam
    from ctdose.results.result import Result
    from ctdose.simulation.cluster.connection import Connection
    from ctdose.simulation.ledger import Executor


class Watched:
    """What runs the batches of an exam, and what is told how far it is; used as a context.

    Parameters
    ----------
    ready : PreparedExam
    checkpoint : Checkpoint
    interrupt : Interrupt
    wanted : Wanted
    connection : Connection, optional
        To the cluster that runs them; default: threads of this process, or its GPU.
    display : Display, optional
        Default: bars on a terminal, lines elsewhere.

    Attributes
    ----------
    executor : Executor
    threads : int
        Of this process.
    report : ProgressReport
    """

    def __init__(
        self,
        ready: PreparedExam,
        checkpoint: Checkpoint,
        interrupt: Interrupt,
        wanted: Wanted,
        connection: Connection | None = None,
        display: Display | None = None,
    ) -> None:
        from ctdose.api import available_threads
        from ctdose.exam.phantom_checks import body_name
        from ctdose.simulation.compiled import is_compiled

        self.threads = wanted.threads or available_threads()
        self.executor = _executor(connection, self.threads, wanted.device, checkpoint.seconds)
        self._ready, self._checkpoint, self._wanted = ready, checkpoint, wanted
        self._interrupt = interrupt
        self._display = display or make_display()
        self.report = ProgressReport(
            self._display,
            tuple(body_name(phantom) for phantom in ready.phantoms),
            compiled=wanted.scheduler is not None or is_compiled(),
            before={name: len(numbers) for name, numbers in checkpoint.numbers().items()},
        )

    def __enter__(self) -> Watched:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._display.close()
        if lost := getattr(self.executor, "lost", ""):
            self._interrupt.stop(lost)
        if isinstance(error, CtdoseError) and self._checkpoint.unwritten:
            self._checkpoint.try_to_write()
        if isinstance(error, KeyboardInterrupt):  # nothing was done
            raise Stopped(by=self._interrupt.by) from None

    def run(self) -> Result:
        """Simulate what is missing; see `run_exam`."""
        from ctdose.execution.exam_run import run_exam

        return run_exam(
            self._ready,
            self.executor,
            threads=self.threads,
            dose_map=self._wanted.dose_map,
            device=self._wanted.device,
            checkpoint=self._checkpoint,
            progress=self.progress,
            breakable=self._interrupt.breakable,
        )

    def progress(self, stage: str, done: int, batches: int) -> None:
        """Show a report, having looked first whether a stop was asked for."""
        if not stage.startswith(CALIBRATION):
            self._interrupt.keeping = self._interrupt.keeping or done > 0
        self._interrupt.check()
        self.report(stage, done, batches)


def _executor(connection: Connection | None, threads: int, device: str, seconds: float) -> Executor:
    if connection is None:
        from ctdose.simulation.local_threads import LocalThreads

        return LocalThreads(threads, device, seconds=seconds)
    from ctdose.simulation.cluster.executor import Cluster

    return Cluster(connection, seconds=seconds, notice=say)
