"""From exceptions to messages and exit codes; no traceback without ``--debug``."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from typing import Any

import typer

from ctdose.cli.interrupt import CTRL_C, Stopped, unveiled
from ctdose.cli.messages import lenient_streams, say
from ctdose.errors import CtdoseError
from ctdose.faults import shortened

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
DONE, FAILED, WRONG_INPUT = 0, 1, 2
_TYPERS_INTERRUPT = 130
# The class lies in click or, in later versions, in a copy of it inside typer.
_UsageError: Any = next(cls for cls in typer.BadParameter.__mro__ if cls.__name__ == "ClickException")


def guarded(command: Callable[[], Any], *, debug: bool = False) -> int:
    """Call a command, show what went wrong on standard error, and give its exit code.

    Parameters
    ----------
    command : callable
        Returns an exit code or None.
    debug : bool
        Show tracebacks.
    """
    lenient_streams()
    try:
        code = _call(command, debug)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        return _quietly()
    except OSError as error:  # a full disk behind a redirection shows when the buffer is written
        _report(error)
        return _quietly()


def _call(command: Callable[[], Any], debug: bool) -> int:
    try:
        with unveiled():
            code = command()
    except BrokenPipeError:
        raise
    except (Stopped, KeyboardInterrupt, typer.Abort) as stop:
        say(f"Stopped by {getattr(stop, 'by', CTRL_C)}. {stop}".rstrip())
        return FAILED
    except Exception as error:
        if debug:
            _traceback()
        return _report(error)
    if code == _TYPERS_INTERRUPT:
        say("Stopped by Ctrl-C.")
        return FAILED
    return code if isinstance(code, int) else DONE


def _report(error: Exception) -> int:
    if isinstance(error, CtdoseError):
        say(str(error))
        return WRONG_INPUT
    if isinstance(error, _UsageError):
        return _usage(error)
    if isinstance(error, MemoryError):
        say("Not enough memory. Larger voxels (simulation.voxel_mm) or --no-dose-map need less.")
    elif isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
        say(f"{shortened(str(error.filename))} (a name that is too long). Give a shorter one.")
        return WRONG_INPUT
    elif isinstance(error, OSError) and error.filename is not None:
        say(f"{error.filename}: {error.strerror or error}.")
    elif isinstance(error, OSError) and error.errno in FULL:
        say(f"Cannot write: {error.strerror}.")
    else:
        text = str(error).partition("\n")[0]
        say(f"Internal error: {type(error).__name__}: {text} (a fault of ctdose). Run it again with --debug.")
    return FAILED


def _usage(error: Any) -> int:
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "ctdose"
    message = error.format_message()
    if type(error).__name__ == "NoArgsIsHelpError":  # `ctdose phantom` alone: what there is, is the answer
        print(message, file=sys.stderr)
        return WRONG_INPUT
    message = " ".join(message.split())  # typer lists choices one a line
    end = "" if message.endswith((".", "?", "!")) else "."
    say(f"{path}: {message[:1].lower()}{message[1:]}{end} See {path} --help.")
    return WRONG_INPUT


def _traceback() -> None:
    import traceback

    traceback.print_exc()


def _quietly() -> int:
    """End after the reader of our output has gone: nothing more can be said, not even at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    return FAILED
