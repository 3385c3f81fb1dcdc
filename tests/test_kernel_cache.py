"""Machine code is found again by the hash of its sources, wherever they are installed."""

import importlib.util
import os

import numba
import pytest

from ctdose.simulation.kernel_cache import kept_in

SOURCE = "def plus_one(x):\n    return x + 1\n"
COMPILES = os.environ.get("NUMBA_DISABLE_JIT", "0") in ("", "0")
pytestmark = pytest.mark.skipif(
    not COMPILES or not hasattr(numba.config, "CACHE_LOCATOR_CLASSES"),
    reason="nothing is compiled, or by a numba without named locators",
)


@pytest.fixture
def compile_in(tmp_path):
    """Compile the function from a file in a folder of this name; whether it was found in the cache."""
    (tmp_path / "cache").mkdir()

    def compile_in(name, version="a" * 64):
        file = tmp_path / name / "plus.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(SOURCE)
        spec = importlib.util.spec_from_file_location("plus", file)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        with kept_in(tmp_path / "cache", version):
            function = numba.njit(cache=True)(module.plus_one)
        assert function(1) == 2
        return sum(function.stats.cache_hits.values()) == 1

    return compile_in


def test_a_second_installation_does_not_compile_again(compile_in):
    assert not compile_in("one")
    assert compile_in("one")
    assert compile_in("another")


def test_other_sources_are_compiled(compile_in, tmp_path):
    assert not compile_in("one")
    assert not compile_in("one", version="b" * 64)
    assert sorted(folder.name[0] for folder in (tmp_path / "cache").iterdir()) == ["a", "b"]


def test_the_setting_is_put_back(tmp_path):
    before = numba.config.CACHE_LOCATOR_CLASSES
    with kept_in(tmp_path, "a"):
        assert numba.config.CACHE_LOCATOR_CLASSES.endswith("KernelLocator")
    assert before == numba.config.CACHE_LOCATOR_CLASSES
