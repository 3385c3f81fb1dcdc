"""Anatomy of the reference persons: what lies where, nothing outside the skin, every tissue there."""

import numpy as np
import pytest
from scipy import ndimage

from ctdose.phantoms.library import load_named
from ctdose.phantoms.stylized import build_adult
from ctdose.phantoms.stylized.frame import Frame, Grid
from ctdose.phantoms.tissues import REMAINDER_TISSUES, WEIGHTED_TISSUES

FROM_SITES = {"red_bone_marrow", "bone_surface"}  # by marrow sites, not by an organ of their own


@pytest.fixture(scope="module", params=["male", "female"])
def phantom(request):
    return load_named(f"adult-{request.param}")


@pytest.fixture(scope="module")
def centres(phantom):
    """Centre of each organ, (x, y, z) in mm."""
    numbers = [organ.organ_id for organ in phantom.organs]
    found = ndimage.center_of_mass(np.ones(phantom.shape, np.uint8), phantom.region_index, numbers)
    places = np.array(found)[:, ::-1] * phantom.spacing_mm + phantom.origin_mm
    return {organ.name: place for organ, place in zip(phantom.organs, places)}


def test_every_region_is_an_organ_and_every_organ_has_voxels(phantom):
    present = set(np.unique(phantom.region_index).tolist())
    assert present == {0} | {organ.organ_id for organ in phantom.organs}


def test_every_tissue_of_icrp_103_is_there(phantom):
    other = "uterus" if phantom.anatomy.sex == "male" else "prostate"
    expected = set(WEIGHTED_TISSUES) | set(REMAINDER_TISSUES) - {other}
    assert {o.icrp103_tissue for o in phantom.organs} - {None} | FROM_SITES == expected
    assert len(set(REMAINDER_TISSUES) - {other}) == 13


def test_a_material_for_each_region(phantom):
    for organ in phantom.organs:
        used = set(phantom.material_index[phantom.region_index == organ.organ_id].tolist())
        assert len(used) == 1, organ.name
    assert {m.name for m in phantom.materials[1:]} <= {
        m.name for m in phantom.materials if m.name.startswith(f"icrp110-{phantom.anatomy.sex}-")
    } | {m.name for m in phantom.materials if m.name.startswith("icrp110-")}
    assert phantom.materials[0].name == "air"


def test_nothing_lies_outside_the_skin(phantom):
    skin = phantom.organ("skin").organ_id
    body = phantom.region_index != 0
    surface = body & ~ndimage.binary_erosion(body)
    assert set(np.unique(phantom.region_index[surface]).tolist()) == {skin}
    assert np.count_nonzero(phantom.region_index == skin) == np.count_nonzero(surface)


def test_the_body_is_one_piece(phantom):
    _, pieces = ndimage.label(phantom.region_index != 0, np.ones((3, 3, 3)))
    assert pieces == 1


def test_left_is_left(phantom, centres):
    for organ in phantom.organs:
        if organ.name.startswith(("left_", "right_")) and "colon" not in organ.name:
            assert (centres[organ.name][0] > 0) == organ.name.startswith("left_"), organ.name
    assert centres["liver"][0] < -30
    assert centres["gall_bladder_contents"][0] < -20
    assert centres["stomach_wall"][0] > 20
    assert centres["spleen"][0] > 60
    assert centres["heart_wall"][0] > 5
    assert centres["right_colon_wall"][0] < -30
    assert centres["left_colon_wall"][0] > 30


def test_pairs_are_symmetric(centres):
    for name in ("kidney", "adrenal", "eye_lens", "salivary_glands"):
        left, right = centres[f"left_{name}"], centres[f"right_{name}"]
        assert left[0] == pytest.approx(-right[0], abs=4.0)
        assert left[1] == pytest.approx(right[1], abs=4.0)


def test_order_from_head_to_foot(centres):
    order = ["brain", "left_eye", "tongue", "thyroid", "thymus", "heart_wall", "spleen", "left_kidney"]
    order += ["small_intestine_wall", "bladder_wall", "femora_upper_cortical", "ankles_feet_cortical"]
    heights = [centres[name][2] for name in order]
    assert heights == sorted(heights, reverse=True)


def test_front_and_back(centres):
    assert centres["left_eye_lens"][1] < centres["left_eye"][1] < centres["brain"][1]
    assert centres["sternum_spongiosa"][1] < centres["heart_wall"][1] < centres["thoracic_spine_spongiosa"][1]
    assert centres["bladder_wall"][1] < centres["sacrum_spongiosa"][1]
    assert centres["left_breast_glandular"][1] < centres["left_lung"][1]
    assert centres["trachea"][1] < centres["cervical_spine_cortical"][1] + 20


def test_walls_enclose_contents(phantom):
    for organ in ("heart", "gall_bladder", "stomach", "bladder", "right_colon", "left_colon"):
        wall, contents = (phantom.organ(f"{organ}_{part}").organ_id for part in ("wall", "contents"))
        grown = ndimage.binary_dilation(phantom.region_index == contents)
        around = phantom.region_index[grown & (phantom.region_index != contents)]
        # The gall bladder's 10 g make a wall of half a voxel.
        assert np.mean(around == wall) > (0.5 if organ == "gall_bladder" else 0.75), organ


def test_lungs_lie_on_the_diaphragm_inside_the_ribs(phantom, centres):
    landmarks = phantom.anatomy.landmarks_mm
    assert landmarks["lung_base"][2] < landmarks["liver_dome"][2] < landmarks["lung_apex"][2]
    ribs = np.nonzero(np.isin(phantom.region_index, [phantom.organ("ribs_cortical").organ_id]))
    lungs = np.nonzero(
        np.isin(phantom.region_index, [phantom.organ(f"{s}_lung").organ_id for s in ("left", "right")])
    )
    for axis in (1, 2):  # in front they end at the cartilage
        assert lungs[axis].max() < ribs[axis].max()
    assert ribs[2].min() < lungs[2].min()


def test_it_is_centred_and_as_tall_as_it_should_be(phantom):
    low, size = phantom.corner_mm, phantom.size_mm
    assert low[0] + size[0] / 2 == pytest.approx(0.0, abs=1e-9)
    landmarks = phantom.anatomy.landmarks_mm
    assert landmarks["vertex"][2] - landmarks["sole"][2] == pytest.approx(
        10 * phantom.anatomy.height_cm, rel=0.02
    )
    assert landmarks["ischium"][2] == pytest.approx(0.0, abs=15.0)
    trunk = slice(*(round((z - low[2]) / phantom.spacing_mm[2]) for z in (150.0, 330.0)))
    y = np.flatnonzero((phantom.region_index[trunk] != 0).any(axis=(0, 2)))
    assert (y[0] + y[-1]) / 2 * phantom.spacing_mm[1] + phantom.origin_mm[1] == pytest.approx(0.0, abs=12.0)


def test_raised_arms_are_outside(phantom):
    raised = phantom.size_mm[0]
    assert 340.0 < raised < 420.0
    assert not any("humeri" in organ.name for organ in phantom.organs)
    assert phantom.anatomy.arms == "raised"


def test_groups_name_organs(phantom):
    names = {organ.name for organ in phantom.organs}
    for members in phantom.anatomy.groups.values():
        assert names.issuperset(members)
    assert ("testes" in phantom.anatomy.groups) == (phantom.anatomy.sex == "male")
    assert set(phantom.anatomy.groups) >= {"lungs", "kidneys", "breasts", "colon", "adrenals", "eye_lenses"}


def test_building_twice_gives_the_same():
    first, second = (build_adult("female", voxel_mm=6.0) for _ in range(2))
    assert first.sha256() == second.sha256()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"sex": "x"}, ValueError, "sex='x'"),
        ({"arms": "up"}, ValueError, "arms='up'"),
        ({"voxel_mm": 0.5}, ValueError, "voxel_mm=0.5"),
        ({"voxel_mm": 11}, ValueError, "voxel_mm=11"),
        ({"voxel_mm": "fine"}, TypeError, "not a number"),
    ],
)
def test_wrong_arguments_are_named(arguments, error, message):
    with pytest.raises(error, match=message):
        build_adult(**{"sex": "male", **arguments})


def test_grid_edges_meet_at_zero_and_boxes_cover_their_bounds():
    grid = Grid(
        2.5, (-21.0, -11.0, -31.0), (21.0, 11.0, 31.0), Frame([[-50, -100, 0.5, 1], [50, 100, 0.5, 1]])
    )
    assert np.abs(grid.x).min() == pytest.approx(1.25)
    z, y, x = grid.box((-10.0, 10.0, -5.0, 5.0, -20.0, 20.0))
    assert grid.z[z].min() == pytest.approx(-8.75)
    assert grid.z[z].max() == pytest.approx(8.75)
    assert grid.x[x].max() == pytest.approx(3.75)
    assert grid.y[y].max() == pytest.approx(3.75)
    points = grid.points((z, y, x))
    assert points.x.max() == pytest.approx(7.5)
    assert points.z.max() == pytest.approx(17.5)
