"""Options and fixtures of all tests: `--long`, the reference data, a cache folder apart from the user's."""

import os
from pathlib import Path

import platformdirs
import pytest
from hypothesis import settings

# Fixed examples: a test that fails, fails again. No deadline: compiling takes its time.
settings.register_profile("ctdose", derandomize=True, deadline=None, database=None)
settings.load_profile("ctdose")

# Set on import, so that it precedes `import ctdose` in every test and reaches xdist's workers and
# subprocesses. Kept between sessions (compiling is slow), in the user's own cache folder and not under
# /tmp, where somebody else could have put compiled code before us; .ci/run sets a fresh one.
os.environ.setdefault("CTDOSE_CACHE_DIR", platformdirs.user_cache_dir("ctdose-tests", appauthor=False))
os.environ.setdefault("MPLBACKEND", "Agg")


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="run the tests marked slow too")


def pytest_report_header(config):
    import ctdose

    return f"ctdose: {Path(ctdose.__file__).parent}, cache: {os.environ['CTDOSE_CACHE_DIR']}"


def pytest_collection_modifyitems(config, items):
    if config.getoption("--long"):
        return
    skip = pytest.mark.skip(reason="slow: runs with --long")
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(skip)


@pytest.fixture(scope="session")
def reference() -> Path:
    """The folder of reference data that the project does not contain; skips where it is not at hand."""
    folder = os.environ.get("CTDOSE_REFERENCE")
    if not folder:
        pytest.skip("CTDOSE_REFERENCE is not set: no reference data")
    if not Path(folder).is_dir():
        pytest.fail(f"CTDOSE_REFERENCE={folder} (not a folder). Unset it, or name the folder.")
    return Path(folder)


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the source tree; skips where the tests stand without it."""
    folder = Path(__file__).resolve().parents[1]
    if not (folder / "pyproject.toml").is_file():
        pytest.skip("needs the source tree: there is no pyproject.toml above tests/")
    return folder
