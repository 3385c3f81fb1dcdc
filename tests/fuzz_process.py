"""Has damaged files read in a process of its own, which is replaced when it dies, and sorts what became of each."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

CHILD = Path(__file__).with_name("fuzz_child.py")
SECONDS = 10.0
HDF5_KINDS = ("phantom", "result", "study_result", "part")
LIBRARIES = ("/h5py/",)
KEPT = {"body.h5", "template.yaml", "current.csv", "table.yaml"}


@dataclass
class Figures:
    """What became of the inputs of one kind.

    Attributes
    ----------
    inputs, accepted, refused : int
    faults : list of str
        Of ctdose: an exception that is no CtdoseError, a hang, a file left behind.
    library_crashes, library_hangs : int
        Of libhdf5.
    """

    inputs: int = 0
    accepted: int = 0
    refused: int = 0
    faults: list[str] = field(default_factory=list)
    library_crashes: int = 0
    library_hangs: int = 0


class Reader:
    """The child process, started again when it has died.

    Parameters
    ----------
    folder : Path
        For the inputs; holds what they refer to.
    seconds : float
        What takes longer hangs.
    """

    def __init__(self, folder: Path, seconds: float = SECONDS) -> None:
        self.folder, self.seconds = folder, seconds
        self._child: subprocess.Popen[str] | None = None
        self._log = folder.with_name(folder.name + ".log")

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def read(self, kind: str, name: str, data: bytes, figures: Figures, *, command: bool = False) -> str:
        """Have one input read and count it; what was wrong with that, empty if nothing was."""
        path = self.folder / name
        path.write_bytes(data)
        outcome, said = self._ask(kind, "command" if command else "read", path)
        figures.inputs += 1
        fault = ""
        if outcome == "accepted":
            figures.accepted += 1
        elif outcome == "refused":
            figures.refused += 1
        elif outcome == "crash" and kind in HDF5_KINDS:
            figures.library_crashes += 1
        elif outcome == "hang" and kind in HDF5_KINDS and is_in_library(said):
            figures.library_hangs += 1
        else:
            fault = f"{outcome}: {said}"
        path.unlink()
        if outcome == "fault":
            self._end()  # what it has taken or changed shall not be the next one's
        fault = fault or self._left_behind(kind, outcome)
        if fault:
            figures.faults.append(fault)
        return fault

    def _left_behind(self, kind: str, outcome: str) -> str:
        """Remove what a command may write, and name what nobody should have."""
        if kind == "manifest":
            (self.folder / "out" / "summary.csv").unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # it is not there, or holds something else
                (self.folder / "out").rmdir()
        if outcome == "accepted":
            for name in ("out.csv", "out.html", "out.md"):
                (self.folder / name).unlink(missing_ok=True)
        left = sorted({path.name for path in self.folder.iterdir()} - KEPT)
        for name in left:
            path = self.folder / name
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        return f"left behind: {left}" if left else ""

    def _ask(self, kind: str, way: str, path: Path) -> tuple[str, str]:
        child = self._started()
        assert child.stdin is not None
        assert child.stdout is not None
        watch = threading.Timer(
            2 * self.seconds + 5, child.kill
        )  # where even the child's own watch does not end it
        watch.start()
        try:
            child.stdin.write(f"{kind}\t{way}\t{path}\n")
            child.stdin.flush()
            line = child.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            watch.cancel()
        if line:
            outcome, said = json.loads(line)
            return outcome, said
        code = child.wait()
        said = self._log.read_text(errors="replace")
        self._end()
        return ("hang" if "Timeout (" in said or code == -9 else "crash"), f"exit {code}\n{said[-4000:]}"

    def _started(self) -> subprocess.Popen[str]:
        if self._child is None:
            with self._log.open("w") as log:
                self._child = subprocess.Popen(
                    [sys.executable, str(CHILD), str(self.seconds)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    text=True,
                    encoding="utf-8",
                    cwd=self.folder,
                    env=os.environ | {"PYTHONIOENCODING": "utf-8"},
                )
            assert self._child.stdout is not None
            ready = self._child.stdout.readline()
            assert ready, f"the child does not start: {self._log.read_text()[-2000:]}"
        return self._child

    def _end(self) -> None:
        if self._child is not None:
            child, self._child = self._child, None
            for stream in (child.stdin, child.stdout):
                assert stream is not None
                with contextlib.suppress(BrokenPipeError):
                    stream.close()
            child.wait()


def is_in_library(stack: str) -> bool:
    """Whether the innermost frame of a stack that faulthandler wrote is in h5py, whose C calls it does not show."""
    frames = [line for line in stack.splitlines() if line.lstrip().startswith("File ")]
    return bool(frames) and any(each in frames[0].replace(os.sep, "/") for each in LIBRARIES)
