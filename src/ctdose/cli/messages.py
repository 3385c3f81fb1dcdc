"""What is said beside the tables: notices and errors, on standard error, one line each."""

from __future__ import annotations

import sys

from ctdose.faults import one_line


def say(text: str) -> None:
    """Write lines to standard error; what could confuse a terminal is replaced."""
    for line in text.splitlines() or [""]:
        print(one_line(line), file=sys.stderr, flush=True)


def lenient_streams() -> None:
    """Let a stream whose encoding lacks a character show a question mark instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
