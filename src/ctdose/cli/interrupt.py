"""Ctrl-C and SIGTERM: stop a run within a second, and what was simulated is kept."""

from __future__ import annotations

import atexit
import gc
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any

CTRL_C = "Ctrl-C"
SAME_STOP_S = 1.0
"""Within it a signal is the first one again: `timeout` and some queues send theirs to a process and to its group."""
VEILS = (SystemError, ImportError)
NAMES = {signal.SIGINT: CTRL_C, signal.SIGTERM: "SIGTERM"}

atexit.register(
    gc.freeze
)  # else the end of a process looks through all that numba made: a quarter of a second


class Stopped(BaseException):
    """A stop before there was anything to keep. Not an `Exception`: nothing on its way may take it for a fault.

    Parameters
    ----------
    text : str
        What became of the run.
    by : str
        What stopped it: ``Ctrl-C`` or ``SIGTERM``.
    """

    def __init__(self, text: str = "", by: str = CTRL_C) -> None:
        super().__init__(text)
        self.by = by


@contextmanager
def unveiled() -> Iterator[None]:
    """Let a stop through that a compiled library has turned into another exception.

    The handler runs between two steps of Python. Where that is inside a function in C that then returns as if nothing
    had been raised, CPython makes a SystemError of it; a library in C++ that is being loaded makes an ImportError of it
    (pybind11). The cause of both is the stop.

    Raises
    ------
    Stopped, KeyboardInterrupt
        The stop.
    """
    try:
        yield
    except VEILS as error:
        cause: BaseException | None = error
        while isinstance(cause, VEILS):
            cause = cause.__cause__
        if isinstance(cause, Stopped | KeyboardInterrupt):
            raise cause from None
        raise


class Interrupt:
    """Decides what Ctrl-C and SIGTERM do while a run goes on; used as a context.

    Before the first batch of a body is done it stops at once. From then on it is noted, and `check`, which the
    progress reports call, raises the KeyboardInterrupt that lets the batches under way end. Another one, at least a
    second later, stops at once in either case.

    Attributes
    ----------
    keeping : bool
        Whether there is something to keep; set by who runs.
    by : str
        What stopped it, last.
    """

    def __init__(self) -> None:
        self.keeping = False
        self.by = CTRL_C
        self._asked = self._at_once = False
        self._since = 0.0
        self._before: dict[signal.Signals, Any] = {}
        self._hook: Any = None

    def __enter__(self) -> Interrupt:
        if threading.current_thread() is threading.main_thread():
            self._hook, sys.unraisablehook = sys.unraisablehook, self._swallowed
            self._before = {number: signal.signal(number, self._handle) for number in NAMES}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if self._before:
            sys.unraisablehook = self._hook

    def _handle(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if not self._asked:
            self._asked, self._since = True, now
            self.by = NAMES[signal.Signals(number)]
        if not self.keeping or now - self._since > SAME_STOP_S:
            raise Stopped(by=self.by)
        if self._at_once:
            self._at_once = False
            raise KeyboardInterrupt

    @contextmanager
    def breakable(self) -> Iterator[None]:
        """Break off at once what the main thread does within, where there is something to keep: it can be done again.

        Raises
        ------
        KeyboardInterrupt
            A stop was asked for, before or within.
        Stopped
            There is nothing to keep, or it was asked for twice.
        """
        # First: a signal between the two would be noted, and the work done to its end.
        self._at_once = threading.current_thread() is threading.main_thread()
        try:
            self.check()
            with unveiled():
                yield
        finally:
            self._at_once = False

    def stop(self, by: str) -> None:
        """Ask for a stop as a signal would; `by` says what did it."""
        self._asked, self._since, self.by = True, time.monotonic(), by

    def _swallowed(self, event: Any) -> None:
        """Stay silent where the exception was raised inside a callback of LLVM, which drops it: `check` follows."""
        if not isinstance(event.exc_value, Stopped | KeyboardInterrupt):
            self._hook(event)

    def check(self) -> None:
        """Stop if that was asked for.

        Raises
        ------
        KeyboardInterrupt
            There is something to keep.
        Stopped
            There is nothing.
        """
        if self._asked:
            raise KeyboardInterrupt if self.keeping else Stopped(by=self.by)
