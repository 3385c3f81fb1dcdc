"""How beam and table move in each mode: travel, rotations, time."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ctdose.exam.acquisition import Acquisition
from ctdose.exam.dynamic_collimation import blade_margin_mm, open_share, with_blades
from ctdose.exam.exposure import Exposure, localizer_speed_mm_s
from ctdose.exam.view_pieces import (
    ViewPiece,
    axial_pieces,
    helical_pieces,
    localizer_pieces,
    stationary_pieces,
)
from ctdose.scanner.model import Scanner

ROUNDING = 1e-9  # a scan length of 3.0000000001 beams takes three of them, not four


@dataclass(frozen=True)
class Course:
    """What depends on the mode of an acquisition; the parameters are those of `Plan`."""

    irradiated_mm: tuple[float, float]
    rotations: float
    seconds: float
    feed_mm: float
    dlp_length_mm: float
    pieces: tuple[ViewPiece, ...]
    over_ranging_mm: float = 0.0


def axial_positions_mm(
    z_range: tuple[float, float], collimation_mm: float, increment_mm: float
) -> list[float]:
    """Beam centres of an axial scan, lower z first: the fewest whose nominal beams reach over the planned range.

    Centred on the range. A scan with gaps (increment > nT) covers its ends too.
    """
    length = z_range[1] - z_range[0]
    count = max(1, math.ceil((length - collimation_mm) / increment_mm - ROUNDING) + 1)
    middle = (z_range[0] + z_range[1]) / 2
    return [middle + (i - (count - 1) / 2) * increment_mm for i in range(count)]


def course_of(
    acquisition: Acquisition,
    scanner: Scanner,
    z_range: tuple[float, float],
    beam_width: float,
    exposure: Exposure,
) -> Course:
    """Give the course of an acquisition over a planned range (lower z, upper z).

    With a tilted gantry positions are where the axis crosses the central plane, `beam_width` is that along the axis.
    """
    if acquisition.mode == "helical":
        return _helical(acquisition, scanner, z_range, beam_width, exposure)
    if acquisition.mode == "axial":
        return _axial(acquisition, z_range, beam_width, exposure)
    if acquisition.mode == "stationary":
        return _stationary(acquisition, z_range, beam_width, exposure)
    return _localizer(acquisition, scanner, z_range, exposure)


def _helical(
    acquisition: Acquisition,
    scanner: Scanner,
    z_range: tuple[float, float],
    beam_width: float,
    exposure: Exposure,
) -> Course:
    assert acquisition.pitch is not None
    assert acquisition.rotation_time_s is not None
    over = scanner.over_ranging_mm(acquisition.pitch, acquisition.collimation_mm)
    travel = (z_range[0] - over / 2, z_range[1] + over / 2)
    feed = acquisition.pitch * acquisition.collimation_mm
    rotations = (travel[1] - travel[0]) / feed
    seconds = rotations * acquisition.rotation_time_s
    pieces = helical_pieces(acquisition, travel, rotations, exposure.all_tubes_ma * seconds)
    length = travel[1] - travel[0]
    if scanner.over_ranging.dynamic_collimation:
        pieces = with_blades(pieces, z_range, beam_width, blade_margin_mm(beam_width))
        length *= open_share(pieces)
    return Course(travel, rotations, seconds, feed, length, pieces, over)


def _axial(
    acquisition: Acquisition, z_range: tuple[float, float], beam_width: float, exposure: Exposure
) -> Course:
    assert acquisition.rotation_time_s is not None
    assert exposure.mas_per_rotation is not None
    rotations, feed = acquisition.rotations_at_one_place, acquisition.table_increment_mm
    if feed is None:  # the table stands still: one beam covers the range
        positions, length = [(z_range[0] + z_range[1]) / 2], acquisition.collimation_mm
    else:
        positions = axial_positions_mm(z_range, acquisition.collimation_mm, feed)
        length = len(positions) * feed
    irradiated = (positions[0] - beam_width / 2, positions[-1] + beam_width / 2)
    pieces = axial_pieces(acquisition, positions, rotations, exposure.mas_per_rotation * rotations)
    rotations *= len(positions)
    seconds = rotations * acquisition.rotation_time_s
    return Course(irradiated, rotations, seconds, feed or 0.0, length, pieces)


def _stationary(
    acquisition: Acquisition, z_range: tuple[float, float], beam_width: float, exposure: Exposure
) -> Course:
    assert acquisition.rotation_time_s is not None
    middle = (z_range[0] + z_range[1]) / 2
    seconds = acquisition.rotations * acquisition.rotation_time_s
    pieces = stationary_pieces(acquisition, middle, acquisition.rotations, exposure.all_tubes_ma * seconds)
    irradiated = (middle - beam_width / 2, middle + beam_width / 2)
    return Course(irradiated, acquisition.rotations, seconds, 0.0, acquisition.collimation_mm, pieces)


def _localizer(
    acquisition: Acquisition, scanner: Scanner, z_range: tuple[float, float], exposure: Exposure
) -> Course:
    length = z_range[1] - z_range[0]
    seconds = length / localizer_speed_mm_s(acquisition, scanner)
    pieces = localizer_pieces(acquisition, z_range, exposure.tube_current_ma * seconds)
    return Course(z_range, 0.0, seconds, 0.0, length, pieces)
