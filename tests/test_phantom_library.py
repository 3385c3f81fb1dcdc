"""The library of phantoms: names, bodies, files, cache."""

import subprocess
import sys

import pytest

from ctdose.errors import CtdoseError
from ctdose.phantoms import library
from ctdose.phantoms.library import bodies_of, describe, load_bodies, load_named, phantom_names
from ctdose.phantoms.phantom_cache import source_hash
from ctdose.phantoms.phantom_file import save_phantom
from ctdose.phantoms.stylized.data_files import AGES


def test_names():
    assert set(phantom_names()) == {
        *("ctdi-16", "ctdi-32", "water-cylinder", "pmma-cylinder"),
        *(f"{age}{sex}" for age in AGES for sex in ("", "-male", "-female")),
    }
    for name in phantom_names():
        assert describe(name).endswith(".")
        assert "\n" not in describe(name)


@pytest.mark.parametrize("name", ["ctdi-16", "ctdi-32", "water-cylinder", "pmma-cylinder", "adult-male"])
def test_each_loads_under_its_name(name):
    assert load_named(name).name == name
    assert bodies_of(name) == (name,)


def test_adult_is_two_bodies():
    assert bodies_of("adult") == ("adult-male", "adult-female")
    assert [phantom.anatomy.body for phantom in load_bodies("adult", 8.0)] == ["adult-male", "adult-female"]
    with pytest.raises(CtdoseError, match="more than one body"):
        load_named("adult")


def test_voxel_size():
    assert load_named("adult-female", 8.0).spacing_mm == (8.0, 8.0, 8.0)
    assert load_named("water-cylinder", 5).spacing_mm[0] == 5.0
    assert load_named("ctdi-16", 0.5).shape == (6, 320, 320)
    for name, voxel_mm in (("adult-male", 0.1), ("ctdi-16", 2.0), ("water-cylinder", -1.0)):
        with pytest.raises(CtdoseError, match="voxel_mm="):
            load_named(name, voxel_mm)


@pytest.mark.parametrize("call", [bodies_of, describe, load_named, load_bodies])
def test_unknown_names_list_the_nearest(call):
    with pytest.raises(CtdoseError, match=r"phantom='adult-mal' .*Nearest: adult-male"):
        call("adult-mal")


def test_files(tmp_path, monkeypatch):
    save_phantom(load_named("water-cylinder", 30.0), tmp_path / "mine.h5")
    assert load_bodies("mine.h5", folder=tmp_path)[0].name == "water-cylinder"
    monkeypatch.chdir(tmp_path)
    assert load_bodies("mine.h5")[0].name == "water-cylinder"
    with pytest.raises(CtdoseError, match="its own voxels"):
        load_bodies("mine.h5", 2.0)
    with pytest.raises(CtdoseError, match=r"other\.h5: no such file"):
        load_bodies("other.h5")


@pytest.fixture
def fresh(tmp_path, monkeypatch):
    monkeypatch.setenv("CTDOSE_CACHE_DIR", str(tmp_path))
    library._load.cache_clear()
    yield tmp_path / "phantoms"
    library._load.cache_clear()


def test_built_phantoms_are_cached(fresh):
    first = load_named("adult-female", 10.0)
    (file,) = fresh.iterdir()
    assert "10mm" in file.name
    assert source_hash()[:16] in file.name
    library._load.cache_clear()
    again = load_named("adult-female", 10.0)
    assert again is not first
    assert (again.sha256(), again.organs, again.anatomy) == (first.sha256(), first.organs, first.anatomy)


def test_a_damaged_copy_is_made_again(fresh):
    first = load_named("adult-female", 10.0)
    (file,) = fresh.iterdir()
    file.write_bytes(file.read_bytes()[:1000])
    library._load.cache_clear()
    assert load_named("adult-female", 10.0).sha256() == first.sha256()


def test_without_a_cache_folder_it_is_built_all_the_same(fresh, monkeypatch):
    monkeypatch.setattr("ctdose._cache.cache_dir", lambda name: None)
    assert load_named("adult-female", 10.0).name == "adult-female"
    assert not fresh.exists()


def test_importing_phantoms_is_light():
    code = (
        "import sys, ctdose.phantoms, ctdose.phantoms.library;"
        "print([m for m in ('h5py', 'scipy', 'numba', 'xraylib', 'yaml') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert found.strip() == "[]"
