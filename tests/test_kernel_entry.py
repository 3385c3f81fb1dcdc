"""The entry kernel: named by the kernels' sources, clean between histories, at home without a cache."""

import re

import numba
import numpy as np
import pytest

from ctdose.kernels.cpu import make_entry, make_tallies, make_workspace
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.physics.materials import Material
from ctdose.simulation import compiled
from ctdose.simulation.open_beams import PointSource

pytestmark = pytest.mark.kernels

REFERENCE = True  # a call of the lanes costs 256 lanes, interpreted too


@pytest.fixture(scope="module")
def tables(build_tables_of):
    index = (np.indices((4, 4, 4)).sum(axis=0) % 2).astype(np.uint8)
    phantom = VoxelPhantom(index, [Material("water"), Material("lung")], (10.0,) * 3, (-15.0,) * 3)
    return build_tables_of(
        phantom, PointSource((0, -300, 0), (0, 0, 0), (0.05, 0.05), 60.0), with_voxels=True
    )


def run(tables, first, last):
    workspace = make_workspace(2, 0)
    tallies = make_tallies(1, 2, np.zeros(128, np.int64))
    assert compiled.entry(REFERENCE)(tables, workspace, tallies, first, last) == last - first
    return workspace.scratch, tallies


def test_no_histories_leave_nothing(tables):
    _, tallies = run(tables, 5, 5)
    assert not any(array.any() for array in tallies)


def test_scratch_is_clean_after_every_history(tables):
    for h in range(30):
        scratch, _ = run(tables, h, h + 1)
        assert not any(array.any() for array in (scratch.row_sum, scratch.used, scratch.composite_sum))


def test_histories_do_not_depend_on_each_other(tables):
    """One call, or one call each: the same sums."""
    _, together = run(tables, 0, 40)
    apart = [run(tables, h, h + 1)[1] for h in range(40)]
    for name in together._fields:
        assert (getattr(together, name) == sum(getattr(part, name) for part in apart)).all()


def test_a_history_beyond_32_bits(tables):
    """The counter has two words for the history: numbers beyond 2^32 give other random numbers."""
    rows = [run(tables, first, first + 20)[1].rows.tolist() for first in (0, 2**32, 2**33, 2**40)]
    assert len({str(r) for r in rows}) == 4


def test_the_hash_names_all_sources():
    assert re.fullmatch("[0-9a-f]{64}", compiled.kernel_sha256())


def test_without_a_cache_folder_one_line_says_so(monkeypatch, capsys):
    monkeypatch.setattr(compiled, "cache_dir", lambda name: None)
    assert callable(compiled.entry.__wrapped__())
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("ctdose: no writable cache folder")
    assert not compiled.is_compiled()
    compiled.mark_compiled()  # nothing to mark, nothing raised


def test_making_an_entry_leaves_numba_s_own_cache_folder_alone(tmp_path):
    before = numba.config.CACHE_DIR
    make_entry("0" * 64, str(tmp_path))
    assert before == numba.config.CACHE_DIR
