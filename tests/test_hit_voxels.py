"""Maps without their empty voxels: packed, put into a file and unpacked they are what they were."""

import numpy as np
import pytest

from ctdose.errors import CtdoseError
from ctdose.results.hdf5_image import tree_bytes
from ctdose.results.part import BodyPart, RunPart
from ctdose.results.part_file import _tree, load_part, save_part
from ctdose.seal import seal_of
from ctdose.simulation import hit_voxels
from ctdose.simulation.hit_voxels import HitVoxels, hit_mask, hit_sums
from ctdose.simulation.sums import Sums


def make_map(shape, share=0.3, seed=1):
    random = np.random.default_rng(seed)
    voxels = random.integers(-5, 2**60, (*shape, 2)) * (random.random((*shape, 1)) < share)
    voxels[..., 0] *= random.random(shape) < 0.9  # some have a square alone
    return voxels


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 5, 7), (8, 16, 2), (11, 4, 9)])
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_it_comes_back_as_it_was(monkeypatch, shape, share):
    monkeypatch.setattr(hit_voxels, "SLAB_VOXELS", 64)  # several slabs, the last not whole
    voxels = make_map(shape, share)
    hit = voxels.any(axis=-1)
    mask, count = hit_mask(voxels)
    assert count == hit.sum()
    assert np.array_equal(mask, np.packbits(hit))
    packed = HitVoxels.of(voxels)
    assert np.array_equal(packed.sums, voxels[hit])
    assert np.array_equal(packed.voxels(), voxels)
    assert np.array_equal(np.concatenate([*hit_sums(voxels, mask), packed.sums[:0]]), packed.sums)


def make_part(voxels) -> RunPart:
    sums = Sums(
        batches=np.array([0, 1]),
        rows=np.ones((2, 1, 3, 2), np.int64),
        voxels=voxels,
        counters=np.zeros((2, 8), np.int64),
        transport_seconds=1.0,
    )
    return RunPart(
        "Water", "e: 1\n", "s: 1\n", "e" * 64, 10**6, bodies={"water": BodyPart(sums, {"seed": "1"})}
    )


def test_a_packed_map_makes_the_same_file(tmp_path, monkeypatch):
    monkeypatch.setattr(hit_voxels, "SLAB_VOXELS", 4096)
    part = make_part(make_map((30, 40, 101)))
    body = part.bodies["water"]
    packed = RunPart(**{**vars(part), "bodies": {"water": body.packed()}})
    assert packed.bodies["water"].sums.voxels is None
    assert tree_bytes(_tree(packed), packed=False) == tree_bytes(_tree(part), packed=False)
    save_part(part, tmp_path / "c")
    again = load_part(tmp_path / "c").bodies["water"]
    assert again.sums.voxels is None  # unpacked when it is asked for
    assert np.array_equal(again.whole().voxels, body.sums.voxels)
    assert again.packed() is again


def test_none_is_hit_and_none_is_kept(tmp_path):
    save_part(make_part(np.zeros((3, 4, 5, 2), np.int64)), tmp_path / "c")
    assert np.array_equal(load_part(tmp_path / "c").bodies["water"].whole().voxels, np.zeros((3, 4, 5, 2)))
    save_part(make_part(None), tmp_path / "c")
    assert load_part(tmp_path / "c").bodies["water"].whole().voxels is None


@pytest.mark.parametrize(
    ("where", "what"), [(0, "voxel_sums (does not fit voxel_mask)"), (-1, "voxels beyond shape_zyx")]
)
def test_a_mask_that_does_not_fit_is_refused(tmp_path, where, what):
    part = make_part(make_map((3, 5, 7)))
    tree = _tree(RunPart(**{**vars(part), "bodies": {"water": part.bodies["water"].packed()}}))
    mask = tree.datasets["/bodies/water/voxel_mask"]
    mask[where] ^= 1  # the last bit of a byte; of the last one there are 105 - 104 = 1 in use
    data = tree_bytes(tree, packed=False)
    (tmp_path / "c").write_bytes(data + seal_of(data))
    with pytest.raises(CtdoseError) as caught:
        load_part(tmp_path / "c")
    assert what in str(caught.value)
