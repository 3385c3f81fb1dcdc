"""Standard output and error that are closed, full or gone: one line, no traceback, and no file is spoilt."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

KEPT_FILE = Path(__file__).parent / "data" / "result_1_0.h5"
SHOW = (sys.executable, "-m", "ctdose", "show", str(KEPT_FILE))

pytestmark = pytest.mark.skipif(os.name != "posix", reason="redirections of a POSIX shell")


def through_shell(words, redirection):
    """Call a command with a redirection that the shell makes."""
    command = f"{shlex.join(words)} {redirection}"
    return subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=120)


def test_a_closed_standard_output_swallows_the_table():
    done = through_shell(SHOW, ">&-")
    assert (done.returncode, done.stdout) == (0, "")
    assert "Traceback" not in done.stderr
    assert "Internal error" not in done.stderr


def test_a_closed_standard_error_swallows_the_message():
    done = through_shell((sys.executable, "-m", "ctdose", "show", "nowhere.h5"), "2>&-")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk_behind_a_redirection_is_one_line():
    done = through_shell(SHOW, "> /dev/full")
    assert done.returncode == 1
    [line] = [line for line in done.stderr.splitlines() if "histories would do" not in line]
    assert line == "Cannot write: No space left on device."


def test_a_reader_that_goes_away_is_no_fault():
    done = through_shell((*SHOW, "--json"), "| head -n 1")
    assert done.stdout == "{\n"
    assert done.stderr == ""
