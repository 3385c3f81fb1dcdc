"""The cache folder: chosen by the environment, made when asked for, None where nothing can be written."""

from pathlib import Path

import platformdirs
import pytest

from ctdose._cache import cache_dir


def test_environment_variable_replaces_the_users_cache_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("CTDOSE_CACHE_DIR", str(tmp_path / "elsewhere"))
    folder = cache_dir("calibration")
    assert folder == tmp_path / "elsewhere" / "calibration"
    assert folder.is_dir()
    assert list(folder.iterdir()) == []  # the trial file is gone


def test_without_it_the_platforms_cache_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("CTDOSE_CACHE_DIR", raising=False)
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda name, appauthor: str(tmp_path / name))
    assert cache_dir("kernels") == tmp_path / "ctdose" / "kernels"


def test_a_folder_that_cannot_be_made_is_none(tmp_path, monkeypatch):
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a folder")
    monkeypatch.setenv("CTDOSE_CACHE_DIR", str(in_the_way))
    assert cache_dir("kernels") is None


def test_a_folder_that_cannot_be_written_is_none(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise PermissionError(13, "read-only file system")

    monkeypatch.setenv("CTDOSE_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    assert cache_dir("kernels") is None


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", str(Path.cwd())])
def test_a_name_that_leaves_the_folder_is_refused(name):
    with pytest.raises(ValueError, match="name="):
        cache_dir(name)
