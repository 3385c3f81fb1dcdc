"""Chords of the central rays: closed answers in boxes, exact to rounding."""

import numpy as np
import pytest

from ctdose.exam.modulation_rays import central_chords

ANGLES = np.array([0.0, 5.0, 30.0, 45.0, 90.0, 135.0, 215.0, 359.0])


def box_chord_cm(half_x, half_y, axis, angles):
    """Length of the line through `axis` in the box ±half_x, ±half_y, mm to cm."""
    u, v = np.sin(np.deg2rad(angles)), -np.cos(np.deg2rad(angles))
    with np.errstate(divide="ignore"):
        near = np.minimum(
            np.maximum((-half_x - axis[0]) / u, (half_x - axis[0]) / u),
            np.maximum((-half_y - axis[1]) / v, (half_y - axis[1]) / v),
        )
        far = np.maximum(
            np.minimum((-half_x - axis[0]) / u, (half_x - axis[0]) / u),
            np.minimum((-half_y - axis[1]) / v, (half_y - axis[1]) / v),
        )
    return (near - far) / 10.0


@pytest.mark.parametrize("axis", [(0.0, 0.0), (13.7, -41.3), (0.5, 0.25)])
def test_the_chords_of_a_box_add_up_to_its_chord(axis):
    chords = central_chords((-100.0, -60.0), (2.5, 1.2), (80, 100), axis, ANGLES)
    assert chords.integrals(np.ones(chords.pixel.size)) == pytest.approx(
        box_chord_cm(100.0, 60.0, axis, ANGLES), rel=1e-12
    )


def test_each_voxel_has_its_own_length():
    # 45 deg through a corner of 10 mm voxels: two voxels on the diagonal, sqrt(2) cm in each.
    chords = central_chords((0.0, 0.0), (10.0, 10.0), (2, 2), (10.0, 10.0), np.array([45.0]))
    assert chords.pixel.tolist() == [2, 1]
    assert chords.length_cm == pytest.approx(np.sqrt([2.0, 2.0]))
    # 0 deg: straight through a column, 1 cm in each voxel of it.
    column = central_chords((0.0, 0.0), (10.0, 10.0), (2, 2), (12.0, 10.0), np.array([0.0]))
    assert sorted(column.pixel.tolist()) == [1, 3]
    assert column.length_cm == pytest.approx([1.0, 1.0])


def test_opposite_angles_are_the_same_line():
    chords = central_chords((-50.0, -50.0), (2.0, 2.0), (50, 50), (3.0, 7.0), np.array([25.0, 205.0]))
    value = np.random.default_rng(1).random(2500)
    one, other = chords.integrals(value[chords.pixel])
    assert one == pytest.approx(other, rel=1e-12)


def test_an_axis_beside_the_grid_is_refused():
    with pytest.raises(ValueError, match="outside the grid"):
        central_chords((-50.0, -50.0), (2.0, 2.0), (50, 50), (60.0, 0.0), ANGLES)
