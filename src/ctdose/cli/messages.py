"""Lines on standard output and standard error: whatever a text of a file holds, each stays one line."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from ctdose.faults import one_line


def say(text: str) -> None:
    """Write lines to standard error; what could confuse a terminal is replaced."""
    for line in text.splitlines() or [""]:
        print(one_line(line), file=sys.stderr, flush=True)


def show_lines(lines: Iterable[str], mark: str = "") -> None:
    """Write lines to standard output, each after a mark; what could confuse a terminal is replaced."""
    for line in lines:
        print(f"{mark}{one_line(line)}")


def lenient_streams() -> None:
    """Let a stream whose encoding lacks a character show a question mark, and one that is closed swallow what it gets.

    A closed stream's number would else be that of the next file that is opened, and a library that prints would write
    into a result.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
