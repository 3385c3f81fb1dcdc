"""Where progress is shown: bars on a terminal, occasional lines elsewhere; on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any, Protocol

from ctdose.cli.messages import say
from ctdose.faults import one_line

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
    name : str
        What each begins with, where several exams run side by side.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic, name: str = "") -> None:
        self._now, self._name = now, name
        self._began = self._last = now()

    def begin(self, stage: str) -> None:
        """Say what begins."""
        self._began = self._last = self._now()
        say(f"{self._name}{stage} …")

    def update(self, stage: str, share: float, text: str) -> None:
        """Say how far it is, now and then."""
        now = self._now()
        if text and now - self._last >= max(FIRST_INTERVAL_S, INTERVAL_SHARE * (self._last - self._began)):
            self._last = now
            say(f"{self._name}{stage}: {share:.0%}, {text}")

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
        self._tasks[stage] = self._bars.add_task(one_line(stage), total=1.0, text="")

    def update(self, stage: str, share: float, text: str) -> None:
        """Move the bar."""
        self._bars.update(self._tasks[stage], completed=share, text=text)

    def note(self, text: str) -> None:
        """Print it above the bars."""
        self._bars.console.print(one_line(text), markup=False)

    def close(self) -> None:
        """Leave the bars as they stand."""
        self._bars.stop()


def make_display() -> Display:
    """Choose bars on a terminal, lines elsewhere."""
    return TerminalDisplay() if sys.stderr.isatty() else PlainDisplay()
