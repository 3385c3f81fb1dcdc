"""Which tube load makes a slice."""

import math

import numpy as np
import pytest

from ctdose.exam.view_pieces import ViewPiece
from ctdose.imaging.slice_load import slice_load_mas

TURN = 2.0 * math.pi


def test_a_helix_of_random_start_gives_the_effective_mas() -> None:
    """200 mAs over 400 mm, nT 40 mm: 20 mAs cover each slice, at all angles alike; half of it at the end."""
    piece = ViewPiece(400.0, 0.0, 0.0, TURN, True, 200.0)
    assert slice_load_mas([piece], 150.0, 40.0, 36) == pytest.approx(np.full(36, 20.0))
    assert slice_load_mas([piece], 0.0, 40.0, 36) == pytest.approx(np.full(36, 10.0))
    assert not slice_load_mas([piece], 500.0, 40.0, 36).any()


def test_a_helix_of_known_start_covers_the_angles_that_it_covers() -> None:
    """Pitch 1: a rotation of 100 mAs over 40 mm; every slice sees each angle once."""
    turns = [ViewPiece(40.0 * i, 40.0 * (i + 1), 0.3, TURN, False, 100.0) for i in range(4)]
    assert slice_load_mas(turns, 70.0, 40.0, 36) == pytest.approx(np.full(36, 100.0))
    half = ViewPiece(0.0, 20.0, 0.0, math.pi, False, 50.0)
    load = slice_load_mas([half], 10.0, 40.0, 4)
    assert load == pytest.approx([100.0, 100.0, 0.0, 0.0])


def test_axial_and_standing_views_fall_into_their_bins() -> None:
    """Negative spans and angles beyond a turn too."""
    standing = ViewPiece(0.0, 0.0, math.radians(-10.0), 0.0, False, 3.0)
    assert slice_load_mas([standing], 5.0, 40.0, 4) == pytest.approx([0.0, 0.0, 0.0, 12.0])
    back = ViewPiece(0.0, 0.0, math.radians(450.0), -math.pi, False, 8.0)
    assert slice_load_mas([back], 5.0, 40.0, 4) == pytest.approx([16.0, 0.0, 0.0, 16.0])
