"""A run that a person watches: threads, progress shown on standard error, and Ctrl-C asked for at each report."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

from ctdose.cli.display import Display, make_display
from ctdose.cli.interrupt import Interrupt, Stopped
from ctdose.cli.progress import CALIBRATION, ProgressReport

if TYPE_CHECKING:
    from ctdose.execution.checkpoint import Checkpoint
    from ctdose.execution.prepared import PreparedExam


class Watched:
    """What runs the batches of an exam, and what is told how far it is; used as a context.

    Parameters
    ----------
    ready : PreparedExam
    checkpoint : Checkpoint
    interrupt : Interrupt
    threads : int or None
        None: all processors.
    device : str
    display : Display, optional
        Default: bars on a terminal, lines elsewhere.

    Attributes
    ----------
    executor : LocalThreads
    threads : int
    report : ProgressReport
    """

    def __init__(
        self,
        ready: PreparedExam,
        checkpoint: Checkpoint,
        interrupt: Interrupt,
        threads: int | None,
        device: str,
        display: Display | None = None,
    ) -> None:
        from ctdose.api import available_threads
        from ctdose.exam.phantom_checks import body_name
        from ctdose.simulation.compiled import is_compiled
        from ctdose.simulation.local_threads import LocalThreads

        self.threads = threads or available_threads()
        self.executor = LocalThreads(self.threads, device, seconds=checkpoint.seconds)
        self._interrupt = interrupt
        self._display = display or make_display()
        self.report = ProgressReport(
            self._display,
            tuple(body_name(phantom) for phantom in ready.phantoms),
            compiled=is_compiled(),
            before={name: len(numbers) for name, numbers in checkpoint.numbers().items()},
        )

    def __enter__(self) -> Watched:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._display.close()
        if isinstance(error, KeyboardInterrupt):  # nothing was done
            raise Stopped(by=self._interrupt.by) from None

    def progress(self, stage: str, done: int, batches: int) -> None:
        """Show a report, having looked first whether a stop was asked for."""
        if not stage.startswith(CALIBRATION):
            self._interrupt.keeping = self._interrupt.keeping or done > 0
        self._interrupt.check()
        self.report(stage, done, batches)
