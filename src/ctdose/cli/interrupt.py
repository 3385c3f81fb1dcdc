"""Ctrl-C: stops a run within a second, and what was simulated is kept."""

from __future__ import annotations

import signal
import sys
import threading
from types import FrameType, TracebackType
from typing import Any


class Stopped(BaseException):
    """Ctrl-C before there was anything to keep. Not an `Exception`: nothing on its way may take it for a fault."""


class Interrupt:
    """Decides what Ctrl-C does while a run goes on; used as a context.

    Before the first batch of a body is done it stops at once. From then on it is noted, and `check`, which the
    progress reports call, raises the KeyboardInterrupt that lets the batches under way end. A second Ctrl-C stops at
    once in either case.

    Attributes
    ----------
    keeping : bool
        Whether there is something to keep; set by who runs.
    """

    def __init__(self) -> None:
        self.keeping = False
        self._asked = False
        self._before: Any = None
        self._hook: Any = None

    def __enter__(self) -> Interrupt:
        if threading.current_thread() is threading.main_thread():
            self._hook, sys.unraisablehook = sys.unraisablehook, self._swallowed
            self._before = signal.signal(signal.SIGINT, self._handle)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
            sys.unraisablehook = self._hook

    def _handle(self, number: int, frame: FrameType | None) -> None:
        first, self._asked = not self._asked, True
        if not (self.keeping and first):
            raise Stopped

    def _swallowed(self, event: Any) -> None:
        """Stay silent where the exception was raised inside a callback of LLVM, which drops it: `check` follows."""
        if not isinstance(event.exc_value, Stopped):
            self._hook(event)

    def check(self) -> None:
        """Stop if Ctrl-C was pressed.

        Raises
        ------
        KeyboardInterrupt
            There is something to keep.
        Stopped
            There is nothing.
        """
        if self._asked:
            raise KeyboardInterrupt if self.keeping else Stopped
