"""A process that is killed while it writes a file leaves a hidden part; the next one to write that file removes it."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ctdose.leftovers import hold, part_path, remove_leftovers
from ctdose.phantoms.phantom_file import load_phantom, save_phantom
from ctdose.results.hdf5_write import write_file
from fuzz_bases import small_body

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="locks of POSIX")

WRITER = """
import os, sys, time
from pathlib import Path

def wait(handle):  # a disk that takes long
    print("writing", flush=True)
    time.sleep(60)

path = Path(sys.argv[1])
if path.name == "a.h5":
    from ctdose.results.hdf5_write import write_file

    os.fsync = wait
    write_file(path, b"half", overwrite=True)
else:
    from fuzz_bases import small_body
    from ctdose.phantoms.phantom_file import save_phantom

    os.fsync = wait
    save_phantom(small_body(), path)
"""


def parts(folder):
    return sorted(path.name for path in folder.glob(".ctdose-*"))


def test_a_part_is_kept_while_it_is_written_and_removed_after_a_kill(tmp_path):
    target = tmp_path / "a.h5"
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(target)], stdout=subprocess.PIPE)
    try:
        assert writer.stdout.readline() == b"writing\n"
        before = parts(tmp_path)
        assert len(before) == 1
        write_file(target, b"whole", overwrite=True)
        assert parts(tmp_path) == before
    finally:
        writer.kill()
        writer.communicate()
    assert parts(tmp_path) == before
    write_file(tmp_path / "b.h5", b"another", overwrite=True)
    assert parts(tmp_path) == before  # it is none of that file's
    write_file(target, b"whole again", overwrite=True)
    assert sorted(os.listdir(tmp_path)) == ["a.h5", "b.h5"]
    assert target.read_bytes() == b"whole again"


def test_a_phantom_that_a_killed_process_wrote(tmp_path, monkeypatch):
    target = tmp_path / "body.h5"
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent), prepend=os.pathsep)
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(target)], stdout=subprocess.PIPE)
    try:
        assert writer.stdout.readline() == b"writing\n"
        before = parts(tmp_path)
        assert len(before) == 1
        save_phantom(small_body(), target)  # another process, meanwhile
        assert parts(tmp_path) == before
    finally:
        writer.kill()
        writer.communicate()
    assert sorted(os.listdir(tmp_path)) == [*before, "body.h5"]
    save_phantom(small_body(), target, overwrite=True)
    assert os.listdir(tmp_path) == ["body.h5"]
    assert load_phantom(target).name == "small body"


def test_an_empty_part_may_be_about_to_be_locked(tmp_path):
    part = part_path(tmp_path / "a.h5")
    part.write_bytes(b"")
    remove_leftovers(tmp_path / "a.h5")
    assert part.exists()
    old = time.time() - 61.0
    os.utime(part, (old, old))
    remove_leftovers(tmp_path / "a.h5")
    assert not part.exists()


def test_without_locks_age_decides(tmp_path, monkeypatch):
    monkeypatch.setattr("ctdose.leftovers.LOCKS", False)
    part = part_path(tmp_path / "a.h5")
    with part.open("xb") as file:
        hold(file)
        file.write(b"x")
    remove_leftovers(tmp_path / "a.h5")
    assert part.exists()
    old = time.time() - 3601.0
    os.utime(part, (old, old))
    remove_leftovers(tmp_path / "a.h5")
    assert not part.exists()


def test_a_name_of_any_length_has_a_part_of_one_length(tmp_path):
    assert len(part_path(tmp_path / ("x" * 250)).name) == len(part_path(tmp_path / "a").name) < 40


def test_a_folder_that_cannot_be_listed_is_no_fault(tmp_path):
    remove_leftovers(tmp_path / "missing" / "a.h5")
