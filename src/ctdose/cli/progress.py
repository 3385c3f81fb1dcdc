"""How far a run is: stages, histories per second, time left; on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any, Protocol

from ctdose.cli.messages import say
from ctdose.cli.pace import Pace
from ctdose.cli.rates import clock

CALIBRATION = "calibration"
FIRST_INTERVAL_S, INTERVAL_SHARE = 10.0, 0.2
"""Plain lines come ten seconds apart, later a fifth of the time that went by."""


class Display(Protocol):
    """Where the progress is shown."""

    def begin(self, stage: str) -> None:
        """A stage begins."""
        ...

    def update(self, stage: str, share: float, text: str) -> None:
        """So much of it is done."""
        ...

    def note(self, text: str) -> None:
        """Say something in between."""
        ...

    def close(self) -> None:
        """The run is over."""
        ...


class PlainDisplay:
    """Occasional lines, for a log.

    Parameters
    ----------
    now : callable
        The clock, s.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._began = self._last = now()

    def begin(self, stage: str) -> None:
        """Say what begins."""
        self._began = self._last = self._now()
        say(f"{stage} …")

    def update(self, stage: str, share: float, text: str) -> None:
        """Say how far it is, now and then."""
        now = self._now()
        if text and now - self._last >= max(FIRST_INTERVAL_S, INTERVAL_SHARE * (self._last - self._began)):
            self._last = now
            say(f"{stage}: {share:.0%}, {text}")

    def note(self, text: str) -> None:
        """Say it."""
        say(text)

    def close(self) -> None:
        """Nothing to clear."""


class TerminalDisplay:
    """A bar for each stage."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn

        self._bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TaskProgressColumn(),
            TextColumn("{task.fields[text]}", markup=False),
            console=Console(stderr=True, highlight=False),
        )
        self._tasks: dict[str, Any] = {}
        self._bars.start()

    def begin(self, stage: str) -> None:
        """Add a bar."""
        for task in self._tasks.values():
            self._bars.update(task, completed=1.0)
        self._tasks[stage] = self._bars.add_task(stage, total=1.0, text="")

    def update(self, stage: str, share: float, text: str) -> None:
        """Move the bar."""
        self._bars.update(self._tasks[stage], completed=share, text=text)

    def note(self, text: str) -> None:
        """Print it above the bars."""
        self._bars.console.print(text, markup=False)

    def close(self) -> None:
        """Leave the bars as they stand."""
        self._bars.stop()


def make_display() -> Display:
    """Choose bars on a terminal, lines elsewhere."""
    return TerminalDisplay() if sys.stderr.isatty() else PlainDisplay()


class ProgressReport:
    """Takes the reports of `ctdose.simulate` and shows them.

    Parameters
    ----------
    display : Display
    bodies : tuple of str
        Names of the bodies in the order of the run; they share the histories evenly.
    compiled : bool
        Whether the kernels' machine code is in the cache.
    """

    def __init__(self, display: Display, bodies: tuple[str, ...], *, compiled: bool) -> None:
        self._display, self._bodies, self._compiled = display, bodies, compiled
        self._stage, self._round, self._done = "", 0, 0
        self._pace = Pace()
        self._said_compiling = False

    def __call__(self, stage: str, done: int, wanted: int) -> None:
        """Show one report: batches done and wanted of a stage, which may come in rounds."""
        if stage != self._stage:
            self._begin(stage, 1)
        elif done < self._done:
            self._begin(stage, self._round + 1)
        self._done = done
        self._pace.update(done)
        self._compiling(done)
        self._display.update(self._title, done / wanted if wanted else 1.0, self._text(done, wanted))

    @property
    def rate(self) -> float | None:
        """Histories per second of the last stage; None before a batch was done."""
        return self._pace.rate

    @property
    def _title(self) -> str:
        return self._stage if self._round == 1 else f"{self._stage}, round {self._round}"

    def _begin(self, stage: str, number: int) -> None:
        self._stage, self._round, self._pace = stage, number, Pace()
        self._display.begin(self._title)

    def _compiling(self, done: int) -> None:
        if self._compiled:
            return
        if done == 0 and not self._said_compiling:
            self._said_compiling = True
            self._display.note("Compiling once (about 30 s); kept in the cache for later runs.")
        if done > 0:
            from ctdose.simulation.compiled import mark_compiled

            self._compiled = True
            mark_compiled()

    def _text(self, done: int, wanted: int) -> str:
        rate = self._pace.rate
        if not rate:
            return ""
        after = self._bodies[self._bodies.index(self._stage) + 1 :] if self._stage in self._bodies else ()
        left = self._pace.seconds_for(wanted - done + len(after) * wanted)
        speed = f"{rate / 1e6:.2f} M histories/s"
        return f"{speed}, {clock(left)} left" if left else speed
