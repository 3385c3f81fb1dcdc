"""The process in which damaged files are read: a line ``kind TAB way TAB file`` comes in, a JSON answer goes out.

    python fuzz_child.py SECONDS

What hangs for that many seconds ends the process with its stack on standard error, and so does a crash of a library.
"""

from __future__ import annotations

import contextlib
import faulthandler
import io
import json
import sys
import traceback
from pathlib import Path

from fuzz_readers import READERS, check_message, exams_of, is_small

MUCH_MEMORY = 3 << 29  # of a file of some kB, where the libraries take a quarter of it
MOST_MEMORY = 6 << 30  # what takes more fails here, and not on the machine


FILE = "FILE"  # stands for the input
COMMANDS = {
    "exam": [["check", FILE]],
    "manifest": [["batch", FILE, "-o", "out"]],
    "phantom": [["phantom", "show", FILE]],
    "result": [
        ["export", FILE, "-o", "out.csv"],
        ["report", FILE, "-o", "out.html"],
        ["show", FILE, "--records", "out.md"],
        ["diff", FILE, FILE],
    ],
    "study_result": [["show", FILE], ["show", FILE, "--csv"], ["report", FILE, "-o", "out.html"]],
}
REFUSING = {"study_result": [["diff", FILE, FILE], ["export", FILE, "-o", "out.csv"]]}
"""What takes none of that kind."""
NAME_ANOTHER = ("manifest", "study", "table")  # the fault may be in the file of an exam


def answer(kind: str, way: str, path: Path) -> tuple[str, str]:
    from ctdose.errors import CtdoseError

    found = "accepted", ""
    try:
        READERS[kind](path)
    except CtdoseError as error:
        found = "refused", str(error)
    if found[0] == "refused":
        names_it = path.name in found[1] or kind in NAME_ANOTHER
        assert names_it, f"does not name the file: {found[1]}"
        check_message(found[1], path)
    if way == "command" and kind in COMMANDS:
        by_command(kind, path, found[0])
    return found


def by_command(kind: str, path: Path, expected: str) -> None:
    """The same by the command line: its exit code, and nothing but lines for people."""
    from ctdose.cli.main import main

    if expected == "accepted" and not all(map(is_small, exams_of(kind, path))):
        return
    right = 0 if expected == "accepted" else 2
    runs = [(words, right) for words in COMMANDS[kind]] + [(words, 2) for words in REFUSING.get(kind, ())]
    for words, wanted in runs:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main([str(path) if word == FILE else word for word in words])
        said = err.getvalue()
        assert "Internal error" not in said, said
        assert "Traceback" not in said, said
        assert code == wanted or kind == "manifest", f"{words[0]}: exit {code}: {said}"


def simulate_nothing() -> None:
    """A manifest's right rows are not simulated here: each would take a second."""
    from ctdose.batch import run
    from ctdose.errors import CtdoseError

    def refuse(*_):
        raise CtdoseError("not simulated here")

    assert callable(run._simulated)
    run._simulated = refuse


def peak_bytes() -> int:
    """Most memory that this process had at once, 0 where the system does not tell.

    Not ``ru_maxrss``: a process begins with that of the one that started it, a test worker of a gigabyte and more.
    """
    status = Path("/proc/self/status")
    if not status.is_file():
        return 0
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def limit_memory() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):  # Windows has no such limit
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))


def main() -> None:
    seconds = float(sys.argv[1])
    faulthandler.enable()
    limit_memory()
    simulate_nothing()
    answers = sys.stdout
    print(json.dumps(["ready", ""]), file=answers, flush=True)
    for line in sys.stdin:
        kind, way, name = line.rstrip("\n").split("\t")
        faulthandler.dump_traceback_later(seconds, exit=True)
        try:
            found = answer(kind, way, Path(name))
            assert peak_bytes() < MUCH_MEMORY, f"{peak_bytes()} bytes were taken"
        except BaseException:
            found = "fault", traceback.format_exc()
        faulthandler.cancel_dump_traceback_later()
        print(json.dumps(found), file=answers, flush=True)


if __name__ == "__main__":
    main()
