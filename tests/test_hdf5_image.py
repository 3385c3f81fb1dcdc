"""A file whose large arrays never were in HDF5's hands is the file that HDF5 would have written."""

import gc
import io
import os
import random
import signal
import sys
from concurrent.futures import ThreadPoolExecutor

import h5py
import numpy as np
import pytest

from ctdose.cli.interrupt import Interrupt, Stopped
from ctdose.results import hdf5_image
from ctdose.results.hdf5_image import tree_bytes, tree_image
from ctdose.results.hdf5_tree import Stream, Tree
from ctdose.results.hdf5_write import write_file
from ctdose.results.sparse_file import PAGE_BYTES, SparseFile
from ctdose.seal import is_intact

SUMS = np.arange(300_000, dtype=np.int64).reshape(-1, 2)
LARGE = {
    "/a/grid": np.random.default_rng(1).integers(0, 200, (30, 200, 201)).astype(np.uint8),
    "/a/deep/dose": np.linspace(0, 1, 400_000, dtype=np.float32).reshape(4, 100, 1000),
    "/turned": np.asfortranarray(np.arange(200_000.0).reshape(400, 500)),
    "/z": np.arange(7, dtype=np.int16),
}


def make_tree() -> Tree:
    tree = Tree()
    tree.group("/", {"format": "some"})
    tree.group("/a")
    tree.group("/a/deep", {"number": 3})
    for path, data in LARGE.items():
        tree.datasets[path] = data
        tree.group(path, {"units": "1"})
    tree.datasets["/text"] = "a text"
    tree.streams["/a/sums"] = Stream(SUMS.dtype, SUMS.shape, lambda: [SUMS[:5], SUMS[5:5], SUMS[5:]])
    tree.streams["/none"] = Stream(SUMS.dtype, (0, 2), lambda: [])
    return tree


def check_content(path):
    with h5py.File(path) as file:
        for name, data in {**LARGE, "/a/sums": SUMS, "/none": SUMS[:0]}.items():
            assert file[name].dtype == data.dtype
            assert np.array_equal(file[name][()], data), name
        assert file["/text"].asstr()[()] == "a text"
        assert file["/a/grid"].attrs["units"] == "1"
        assert file["/a/deep"].attrs["number"] == 3
        return {name: file[name].id.get_offset() for name in LARGE}


@pytest.mark.parametrize("packed", [False, True])
def test_it_is_read_as_any_other(tmp_path, packed):
    image = tree_image(make_tree(), packed=packed)
    assert len(image.gaps) == (1 if packed else 4)
    write_file(tmp_path / "f.h5", image, overwrite=False, seal=True)
    offsets = check_content(tmp_path / "f.h5")
    assert (offsets["/a/grid"] is None) == packed  # compressed: in chunks
    assert is_intact(tmp_path / "f.h5")
    data = (tmp_path / "f.h5").read_bytes()
    assert data[: image.nbytes] == tree_bytes(
        make_tree(), packed=packed
    )  # the same tree gives the same bytes
    (tmp_path / "f.h5").write_bytes(data[:500_000] + bytes([data[500_000] ^ 1]) + data[500_001:])
    assert not is_intact(tmp_path / "f.h5")


@pytest.mark.parametrize("given", [SUMS[:-1], np.concatenate([SUMS, SUMS[:1]])])
def test_a_stream_that_is_not_what_it_said_leaves_no_file(tmp_path, given):
    tree = Tree()
    tree.streams["/sums"] = Stream(SUMS.dtype, SUMS.shape, lambda: [given])
    with pytest.raises(ValueError, match="a fault of ctdose"):
        write_file(tmp_path / "f.h5", tree_image(tree, packed=False), overwrite=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_signal_within_breaks_nothing_of_hdf5(tmp_path, monkeypatch):
    """HDF5 does not survive what is raised in the functions it calls: they run where no signal is handled."""
    met = []

    class Signalled(SparseFile):
        def write(self, data):
            if not met:
                met.append(signal.raise_signal(signal.SIGTERM))
            return super().write(data)

    monkeypatch.setattr(hdf5_image, "SparseFile", Signalled)
    with pytest.raises(Stopped), Interrupt():
        tree_image(make_tree())
    assert met
    write_file(tmp_path / "f.h5", tree_image(make_tree(), packed=False), overwrite=True)
    check_content(tmp_path / "f.h5")


def test_many_at_once_while_garbage_is_collected(tmp_path):
    """An object of h5py that goes while another thread is in HDF5 waits for it, and it not for the object."""
    paths = [tmp_path / f"{number}.h5" for number in range(6)]
    with ThreadPoolExecutor(3) as threads:
        for path in paths:
            threads.submit(
                lambda p: write_file(p, tree_image(make_tree(), packed=False), overwrite=True), path
            )
        for _ in range(10):
            with h5py.File(io.BytesIO(), "w") as file:
                ring = [file.create_group("g")]
                ring.append(ring)
            del ring, file
            gc.collect()
    assert all(check_content(path) for path in paths)


def test_a_sparse_file_is_a_file():
    """The same random steps on it and on one that keeps everything."""
    chance = random.Random(5)
    ours, known = SparseFile(), io.BytesIO()
    for _ in range(400):
        place, length = chance.randrange(5 * PAGE_BYTES), chance.randrange(2 * PAGE_BYTES)
        assert ours.seek(place) == known.seek(place)
        if chance.random() < 0.5:
            data = chance.randbytes(length)
            assert ours.write(data) == known.write(data)
        else:
            assert ours.read(length) == known.read(length)
        assert ours.tell() == known.tell()
        assert ours.seek(0, os.SEEK_END) == known.seek(0, os.SEEK_END)
    assert b"".join(ours.pieces({})) == known.getvalue()


def test_a_gap_takes_no_memory():
    file = SparseFile()
    file.seek(1 << 40)
    file.write(b"end")
    assert (file.size, len(file._pages)) == ((1 << 40) + 3, 1)
    file.seek((1 << 40) - 2)
    assert file.read(9) == b"\0\0end"
