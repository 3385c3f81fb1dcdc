"""Pieces cut finer: nothing is lost, every cut falls where it should."""

import math
from itertools import pairwise

import numpy as np
import pytest

from ctdose.exam.modulation_pieces import Z_BIN_MM, cut_pieces, multiplied, places
from ctdose.exam.view_pieces import TURN, ViewPiece

RANDOM = ViewPiece(370.0, -20.0, 0.0, TURN, True, 500.0)
HELIX = ViewPiece(0.0, 36.0, math.radians(37.0), -TURN, False, 72.0)


def test_an_averaged_helix_in_bins_of_z_and_angle():
    pieces = cut_pieces([RANDOM], (0.0, 347.0), along_z=True, around=True)
    step = 347.0 / 70
    assert step <= Z_BIN_MM
    assert math.fsum(piece.mas for piece in pieces) == pytest.approx(500.0, rel=1e-12)
    assert all(piece.angle_is_random for piece in pieces)
    assert all(abs(piece.angle_span_rad - TURN / 36) < 1e-9 for piece in pieces)
    z = sorted({round(value, 6) for p in pieces for value in (p.z_start_mm, p.z_end_mm)})
    assert {0.0, 347.0, -20.0, 370.0} <= set(z)  # the ends of the planned range are cuts
    assert len(pieces) == (len(z) - 1) * 36
    assert np.diff(z).max() == pytest.approx(step, rel=1e-4)
    assert [p.z_start_mm for p in pieces] == sorted(
        (p.z_start_mm for p in pieces), reverse=True
    )  # order of time
    assert all(
        p.mas == pytest.approx(500.0 * (p.z_start_mm - p.z_end_mm) / 390.0 / 36, rel=1e-9) for p in pieces
    )


def test_only_what_varies_is_cut():
    assert cut_pieces([RANDOM], (0.0, 350.0), along_z=False, around=False) == [RANDOM]
    assert len(cut_pieces([RANDOM], (0.0, 350.0), along_z=False, around=True)) == 36
    assert len(cut_pieces([RANDOM], (0.0, 350.0), along_z=True, around=False)) == 78


def test_a_helix_of_a_fixed_start_angle_is_cut_at_every_ten_degrees():
    pieces = cut_pieces([HELIX], (0.0, 36.0), along_z=True, around=True)
    assert math.fsum(piece.mas for piece in pieces) == pytest.approx(72.0, rel=1e-12)
    for one, following in pairwise(pieces):
        assert one.z_end_mm == pytest.approx(following.z_start_mm)
        assert one.angle_start_rad + one.angle_span_rad == pytest.approx(following.angle_start_rad)
    for piece in pieces:  # place and angle belong together, as before
        along = piece.z_start_mm / 36.0
        assert math.degrees(piece.angle_start_rad) == pytest.approx(37.0 - 360.0 * along, abs=1e-9)
    begins = {round(math.degrees(piece.angle_start_rad) % 10.0, 6) % 10 for piece in pieces[1:]}
    assert 0.0 in begins
    assert max(abs(p.angle_span_rad) for p in pieces) <= TURN / 36 + 1e-9
    assert max(p.z_end_mm - p.z_start_mm for p in pieces) <= Z_BIN_MM


def test_a_rotation_at_one_place_is_cut_by_angle_alone():
    axial = ViewPiece(100.0, 100.0, 0.0, TURN, True, 50.0)
    pieces = cut_pieces([axial, axial], (80.0, 120.0), along_z=True, around=True)
    assert len(pieces) == 72
    assert {(p.z_start_mm, p.z_end_mm) for p in pieces} == {(100.0, 100.0)}


def test_mas_are_multiplied_piece_by_piece():
    pieces = cut_pieces([RANDOM], (0.0, 350.0), along_z=True, around=False)
    factors = np.linspace(0.0, 2.0, len(pieces))
    changed = multiplied(pieces, factors)
    assert [p.mas for p in changed] == pytest.approx([p.mas * f for p, f in zip(pieces, factors)])
    assert [p.z_start_mm for p in changed] == [p.z_start_mm for p in pieces]


def test_places_are_middles():
    z, angle, span = places([HELIX])
    assert (z[0], angle[0], span[0]) == pytest.approx((18.0, 37.0 - 180.0, 360.0))


def test_blades_that_move_are_cut_with_the_piece():
    piece = ViewPiece(0.0, 10.0, 0.0, TURN, True, 10.0, blades=(1.0, 1.0, -1.0, 1.0))
    one, other = cut_pieces([piece], (0.0, 10.0), along_z=True, around=False)
    assert one.blades == pytest.approx((1.0, 1.0, 0.0, 1.0))
    assert other.blades == pytest.approx((0.0, 1.0, -1.0, 1.0))
