"""The convex clip: it holds the body, and it changes no dose."""

import numpy as np

import ctdose
from ctdose.simulation.clip import body_mask, clip_slabs, outside_slices
from ctdose.simulation.voxel_tables import build_voxels

SPACING = np.array([0.4, 0.5, 0.7])


def blob(seed=3):
    rng = np.random.default_rng(seed)
    z, y, x = np.indices((12, 20, 24))
    inside = ((x - 11) / 7) ** 2 + ((y - 9) / 5) ** 2 < 1
    inside &= (z > 1) & (z < 10)
    return inside & (rng.uniform(size=inside.shape) > 0.2)


def test_no_voxel_of_the_body_is_cut():
    mask = blob()
    slabs = clip_slabs(mask, SPACING)
    outside = np.stack([outside_slices(mask.shape, SPACING, slabs)(k) for k in range(mask.shape[0])])
    assert not (outside & mask).any()
    assert outside.mean() > 0.3


def test_every_corner_of_the_body_lies_inside_all_slabs():
    mask = blob()
    slabs = clip_slabs(mask, SPACING)
    z, y, x = np.nonzero(mask)
    for corner in np.ndindex(2, 2, 2):
        points = (np.stack([x, y, z], axis=1) + corner[::-1]) * SPACING
        place = points @ slabs[:, :3].T
        assert (place >= slabs[:, 3] - 1e-9).all()
        assert (place <= slabs[:, 4] + 1e-9).all()


def cylinder_in_air():
    _, y, x = np.indices((10, 40, 60))
    index = (((x - 30) / 12) ** 2 + ((y - 20) / 9) ** 2 < 1).astype(np.uint8)
    materials = [ctdose.Material("air"), ctdose.Material("water")]
    return ctdose.VoxelPhantom(index, materials, (5.0, 5.0, 10.0), (-147.5, -97.5, -45.0))


def test_the_dose_of_the_body_stays(statistics):
    """Air is all that is cut, and air is what surrounds it."""
    beam = ctdose.PointSource((0, -500, 0), (0, 0, 0), (0.3, 0.08), ([40.0, 80.0], [1, 1]))
    found = [
        ctdose.irradiate(
            cylinder_in_air(),
            beam,
            histories=8 * 65536,
            seed=seed,
            clip=clip,
            surroundings=ctdose.Material("air"),
        )
        for seed, clip in ((1, False), (2, True))
    ]
    mean, error = (
        [getattr(f, n)[1] for f in found]
        for n in ("imparted_kev_per_history", "standard_error_kev_per_history")
    )
    assert abs(mean[0] - mean[1]) / np.hypot(*error) < statistics.z_limit(1e-3)
    steps = [f.sums.counters[:, 1].sum() for f in found]
    assert steps[1] < 0.95 * steps[0]


def test_an_organ_of_air_is_part_of_the_body():
    phantom = cylinder_in_air()
    assert body_mask(phantom).sum() == (phantom.material_index == 1).sum()
    from ctdose.phantoms.organs import Organ

    lung = ctdose.VoxelPhantom(
        phantom.material_index,
        phantom.materials,
        phantom.spacing_mm,
        phantom.origin_mm,
        organs=[Organ(0, "air")],
    )
    assert body_mask(lung).all()
    assert len(build_voxels(lung, clip=True).slab) > 3
