"""Saving a result: whole or not at all, and nothing replaced unasked."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ctdose.errors import CtdoseError
from ctdose.results.result_file import load_result, save_result
from made_results import make_result


def test_existing_file_is_kept_unless_told(tmp_path):
    path = tmp_path / "r.h5"
    path.write_text("precious")
    with pytest.raises(CtdoseError, match=r"r\.h5 \(exists already\)"):
        save_result(make_result(), path)
    assert path.read_text() == "precious"
    save_result(make_result(), path, overwrite=True)
    assert load_result(path).exam.startswith("Chest")
    assert [p.name for p in tmp_path.iterdir()] == ["r.h5"]


def test_a_file_that_appears_meanwhile_is_not_replaced(tmp_path, monkeypatch):
    import ctdose.results.hdf5_write as module

    path = tmp_path / "r.h5"
    written = module._write_synced

    def late(file, data, **options):
        written(file, data, **options)
        path.write_text("precious")

    monkeypatch.setattr(module, "_write_synced", late)
    with pytest.raises(CtdoseError, match="exists already"):
        save_result(make_result(), path)
    assert path.read_text() == "precious"
    assert [p.name for p in tmp_path.iterdir()] == ["r.h5"]


@pytest.mark.parametrize("name", ["missing/r.h5", "", "a\0b"])
def test_impossible_names(tmp_path, name):
    with pytest.raises(CtdoseError) as caught:
        save_result(make_result(), tmp_path / name)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_nothing_is_left_of_a_failed_write(tmp_path, monkeypatch, fault):
    import ctdose.results.hdf5_write as module

    def fail(*_):
        raise fault

    monkeypatch.setattr(module.os, "fsync", fail)
    with pytest.raises((CtdoseError, KeyboardInterrupt)) as caught:
        save_result(make_result(), tmp_path / "r.h5")
    assert list(tmp_path.iterdir()) == []
    if isinstance(fault, OSError):
        assert "No space left on device" in str(caught.value)


@pytest.mark.skipif(
    sys.platform == "win32" or (hasattr(os, "geteuid") and os.geteuid() == 0),
    reason="root may write anywhere",
)
def test_a_folder_that_may_not_be_written(tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(CtdoseError, match="cannot be written"):
            save_result(make_result(), tmp_path / "r.h5")
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no pipes")
def test_what_is_no_ordinary_file_is_never_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(CtdoseError, match="not an ordinary file"):
        save_result(make_result(), tmp_path / "pipe", overwrite=True)


KEPT_FILE = Path(__file__).parent / "data" / "result_1_0.h5"
FULL_DISK = """
import resource, sys
from ctdose.errors import CtdoseError
from ctdose.results.result_file import load_result
result = load_result(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    result.save(sys.argv[2])
except CtdoseError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")
def test_a_file_that_does_not_fit_leaves_nothing(tmp_path):
    command = [sys.executable, "-c", FULL_DISK, str(KEPT_FILE), str(tmp_path / "r.h5")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "cannot be written" in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of POSIX")
def test_others_may_read_it_as_any_other_new_file(tmp_path):
    (tmp_path / "plain").touch()
    save_result(make_result(), tmp_path / "r.h5")
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("plain", "r.h5")}
    assert len(modes) == 1


def test_the_method_of_the_result_saves(tmp_path):
    make_result().save(tmp_path / "r.h5")
    assert load_result(tmp_path / "r.h5").seed == 2**40


def test_one_may_be_saved_while_another_is(tmp_path, monkeypatch):
    """As threads do."""
    import ctdose.results.hdf5_image as module

    whole, others = module._write_dataset, [tmp_path / "other.h5"]

    def write(*arguments, **options):
        while others:
            save_result(make_result(), others.pop())
        whole(*arguments, **options)

    monkeypatch.setattr(module, "_write_dataset", write)
    save_result(make_result(), tmp_path / "r.h5")
    assert load_result(tmp_path / "other.h5").seed == load_result(tmp_path / "r.h5").seed == 2**40
