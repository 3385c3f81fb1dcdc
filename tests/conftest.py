"""Options and fixtures of all tests: `--long`, the reference data, a cache folder apart from the user's."""

import os
import subprocess
import sys
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
    parser.addoption("--update", action="store_true", help="write the golden files anew, and name what moved")


def pytest_report_header(config):
    import ctdose

    return f"ctdose: {Path(ctdose.__file__).parent}, cache: {os.environ['CTDOSE_CACHE_DIR']}"


KERNELS = (("lanes", 200), ("lanes", 400), ("reference", 200))  # and how many kinds of voxels


def pytest_sessionstart(session):
    """Compile the kernels side by side before xdist's workers start, each of which would compile them."""
    workers = getattr(session.config.option, "numprocesses", None)
    if not workers or os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
        return
    script = Path(__file__).parent / "compile_kernels.py"
    compilers = [subprocess.Popen([sys.executable, script, name, str(kinds)]) for name, kinds in KERNELS]
    codes = [compiler.wait() for compiler in compilers]
    if any(codes):
        pytest.exit("the kernels do not compile: python tests/compile_kernels.py lanes 200", 1)


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


class Statistics:
    """Tests of random numbers at a stated level: 10^-3 for all the cases of one test together."""

    LEVEL = 1e-3

    @classmethod
    def level(cls, cases: int) -> float:
        """Level of each of `cases` independent cases by Šidák's rule."""
        return 1.0 - (1.0 - cls.LEVEL) ** (1.0 / cases)

    @staticmethod
    def chi_square(counts, expected) -> float:
        """P-value of counts against expected counts; neighbours are pooled until 5 are expected in each."""
        from scipy.special import gammaincc

        total = sum(counts)
        assert total == pytest.approx(sum(expected), rel=1e-9), "counts and expectation differ in total"
        pooled, running = [], [0.0, 0.0]
        for count, expectation in zip(counts, expected):
            running = [running[0] + count, running[1] + expectation]
            if running[1] >= 5.0:
                pooled.append(running)
                running = [0.0, 0.0]
        pooled[-1] = [pooled[-1][0] + running[0], pooled[-1][1] + running[1]]
        value = sum((count - expectation) ** 2 / expectation for count, expectation in pooled)
        return float(gammaincc((len(pooled) - 1) / 2.0, value / 2.0))

    @staticmethod
    def z_limit(level: float) -> float:
        """The |z| that a normal variate exceeds with this probability."""
        from scipy.special import ndtri

        return float(-ndtri(level / 2.0))

    @staticmethod
    def t_limit(level: float, freedom: int) -> float:
        """The |t| that Student's t exceeds with this probability."""
        from scipy.special import stdtrit

        return float(-stdtrit(freedom, level / 2.0))

    @staticmethod
    def equal_cells(edges, density, cells: int):
        """Cells of nearly equal probability of a density (at the middles between fine `edges`): edges, shares."""
        import numpy as np

        weight = np.asarray(density, np.float64) * np.diff(edges)
        cumulative = np.concatenate([[0.0], np.cumsum(weight)]) / weight.sum()
        chosen = np.unique(np.searchsorted(cumulative, np.linspace(0.0, 1.0, cells + 1)[1:-1]))
        chosen = np.concatenate([[0], chosen, [len(edges) - 1]])
        return np.asarray(edges)[chosen], np.diff(cumulative[chosen])


@pytest.fixture(scope="session")
def statistics() -> type[Statistics]:
    """Chi-square, Šidák's level, limits of z and t."""
    return Statistics


@pytest.fixture(scope="session")
def interpreted() -> bool:
    """Whether the kernels run as plain Python (NUMBA_DISABLE_JIT=1): some thousand times slower."""
    import numba

    return bool(numba.config.DISABLE_JIT)


@pytest.fixture(scope="session")
def make_run():
    """Make the scalars of a run; a test names what it wants otherwise."""
    from ctdose.kernels.tables import Run

    def make(**changes):
        standard = Run(12345, 67890, 1.0, 0, 0, -1, 1, 1, 0, 0)
        return standard._replace(**changes)

    return make


@pytest.fixture(scope="session")
def transport(interpreted):
    """Run the entry kernel for some histories: transport(tables, first, last) gives the Tallies."""
    import numpy as np

    def run(tables, first: int, last: int, acquisitions: int = 1):
        from ctdose.kernels.cpu import make_tallies, make_workspace
        from ctdose.simulation.compiled import entry

        voxels = tables.voxels.kind.size if tables.run.with_voxels else 0
        rows = tables.run.rows + tables.run.composites
        tallies = make_tallies(acquisitions, rows, np.zeros(2 * voxels, np.int64))
        done = entry(interpreted)(
            tables, make_workspace(tables.run.rows, tables.run.composites), tallies, first, last
        )
        assert done == last - first
        return tallies

    return run


@pytest.fixture(scope="session")
def build_tables_of():
    """Build the kernel tables of a phantom in a beam, as `irradiate` does."""
    from functools import partial

    def build(
        phantom, beam, *, key=(2024, 7), estimator="collision-kerma", cutoff_kev=1.0, doppler=False, **more
    ):
        from ctdose.simulation.beam_tables import open_beam_row, pack_beams
        from ctdose.simulation.irradiate import _piece
        from ctdose.simulation.transport_tables import Physics, build_transport_tables
        from ctdose.simulation.views import build_views
        from ctdose.simulation.voxel_tables import to_kernel_frame

        beams = pack_beams([open_beam_row(beam, partial(to_kernel_frame, phantom))])
        physics = Physics(estimator, cutoff_kev, doppler)
        views = build_views([_piece(beam, phantom)])
        return build_transport_tables(phantom, beams, views, key=key, physics=physics, **more)

    return build


@pytest.fixture
def scanner_fault(tmp_path):
    """Gives the one line that says what is wrong in a scanner's file in which `old` became `new`."""
    from ctdose.scanner.library import ScannerError, load_scanner

    def fault(text: str, old: str, new: str) -> str:
        assert old in text
        file = tmp_path / "my-ct.yaml"
        file.write_text(text.replace(old, new, 1))
        with pytest.raises(ScannerError) as caught:
            load_scanner(file)
        (line,) = caught.value.lines
        place, _, what = line.removeprefix(f"{file}:").partition(":")
        assert place.isdigit(), line
        return what

    return fault
