"""One photon of a CT view, of a point source or of a parallel beam.

A history's place in the scan is its place in the batch: photon number (h mod 2^16 + xi)/2^16 of the whole
exam, looked up in the cumulative photon number of the pieces of the scan. So every batch spans the whole exam, and
neighbours in a batch start close together.

The field of a focal spot is described in fan and cone angle: within the opening the photon number per solid
angle is (bowtie, spectrum) as a function of the fan angle times (heel effect) as a function of the cone angle. With
fan angle g and elevation b, d(solid angle) = dg d(sin b); a flat collimator blade at tan(cone) = t
cuts at tan b = t cos g.

That is the point focus. A photon of a larger one, or of the patch around it, flies through the same point of the
collimator's plane from elsewhere (focal_spot.py). While blades move (dynamic collimation) a photon whose point they
cover ends there.
"""

import numpy as np

from ctdose.kernels._jit import inline_jit
from ctdose.kernels.elementary import sincos
from ctdose.kernels.focal_spot import sample_spot, through_collimator
from ctdose.kernels.rng import STREAM_SOURCE, random_block, uniform
from ctdose.kernels.sampling import find_cumulative, sample_alias
from ctdose.kernels.tables import BATCH_HISTORIES, BEAM_CT, BEAM_PARALLEL

ZERO, ONE, TWO = np.float32(0.0), np.float32(1.0), np.float32(2.0)
HALF_64, TWO_POW_MINUS_32_64 = np.float64(0.5), np.float64(2.0**-32)
LAST_IN_BATCH = np.int64(BATCH_HISTORIES - 1)
HALF = np.float32(0.5)
STOPPED = np.float32(0.0)  # in place of the uniform of the first flight: a blade stops the photon
NO_WORDS = (np.uint64(0), np.uint64(0), np.uint64(0), np.uint64(0))


@inline_jit
def sample_view(views, history, word_place, word_angle):
    """Piece of the scan, how far it has got in it, z (cm) and gantry angle (rad) when the source emits this history."""
    stratum = np.float64(np.int64(history) & LAST_IN_BATCH)
    xi = (np.float64(word_place) + HALF_64) * TWO_POW_MINUS_32_64
    place = (stratum + xi) / np.float64(BATCH_HISTORIES)
    cumulative = views.cumulative
    piece = find_cumulative(cumulative, 0, cumulative.size - 1, place)
    fraction = np.float32((place - cumulative[piece]) / (cumulative[piece + 1] - cumulative[piece]))
    z = views.z[piece, 0] + (views.z[piece, 1] - views.z[piece, 0]) * fraction
    along = uniform(word_angle) if views.angle_is_random[piece] == 1 else fraction
    return piece, fraction, z, views.angle[piece, 0] + views.angle[piece, 1] * along


@inline_jit
def is_open(blades, tan_cone, fraction, tangent):
    """Whether the blades, which move evenly along a piece, leave open the point at this tangent of the cone angle.

    `blades` are lower and upper blade at begin and end of the piece, in units of half the opening from its middle; at
    or beyond -1 and 1 they are out of the beam.
    """
    low = blades[0] + (blades[2] - blades[0]) * fraction
    high = blades[1] + (blades[3] - blades[1]) * fraction
    half, middle = (tan_cone[1] - tan_cone[0]) * HALF, (tan_cone[1] + tan_cone[0]) * HALF
    place = tangent - middle
    return ((low <= -ONE) | (place >= low * half)) & ((high >= ONE) | (place <= high * half))


@inline_jit
def sample_field(beams, beam, word_fan, word_cone, xi_fan, xi_cone):
    """Direction in the frame of the focal spot: fan bin, and the parts forward, across and along."""
    fan_bin = sample_alias(beams.fan_alias[beam], word_fan)
    fan_angle = beams.fan[beam, 0] + beams.fan[beam, 1] * (np.float32(fan_bin) + xi_fan)
    sin_fan, cos_fan = sincos(fan_angle)
    cone_bin = sample_alias(beams.heel_alias[beam], word_cone)
    place = (np.float32(cone_bin) + xi_cone) / np.float32(beams.heel_alias.shape[1])
    low, high = beams.tan_cone[beam, 0] * cos_fan, beams.tan_cone[beam, 1] * cos_fan
    sin_low, sin_high = low / np.sqrt(ONE + low * low), high / np.sqrt(ONE + high * high)
    sin_b = sin_low + (sin_high - sin_low) * place
    cos_b = np.sqrt(ONE - sin_b * sin_b)
    return fan_bin, cos_b * cos_fan, cos_b * sin_fan, sin_b


@inline_jit
def view_of_ct(beams, beam, z, angle, forward, across, along, shift_across, shift_along):
    """Position and direction of a photon from a CT source at gantry angle `angle` (0: in front, -y).

    The plane of rotation is tilted about x through the isocentre; positive: the source in front goes to lower z.
    """
    s, c = sincos(angle)
    tilt_sin, tilt_cos = beams.tilt[beam, 0], beams.tilt[beam, 1]
    x = beams.isocentre[beam, 0] + beams.radius[beam] * s + shift_across * c
    y = shift_across * s - beams.radius[beam] * c
    u, v = -s * forward + c * across, c * forward + s * across
    y, z = (
        beams.isocentre[beam, 1] + (y * tilt_cos - shift_along * tilt_sin),
        z + (y * tilt_sin + shift_along * tilt_cos),
    )
    return x, y, z, u, v * tilt_cos - along * tilt_sin, v * tilt_sin + along * tilt_cos


@inline_jit
def view_of_frame(frame, forward, across, along, shift_across, shift_along):
    """Position and direction of a photon in a fixed frame (point source, parallel beam)."""
    x = frame[0, 0] + shift_across * frame[2, 0] + shift_along * frame[3, 0]
    y = frame[0, 1] + shift_across * frame[2, 1] + shift_along * frame[3, 1]
    z = frame[0, 2] + shift_across * frame[2, 2] + shift_along * frame[3, 2]
    u = forward * frame[1, 0] + across * frame[2, 0] + along * frame[3, 0]
    v = forward * frame[1, 1] + across * frame[2, 1] + along * frame[3, 1]
    w = forward * frame[1, 2] + across * frame[2, 2] + along * frame[3, 2]
    return x, y, z, u, v, w


@inline_jit
def sample_source(run, views, beams, history):
    """The photon that begins a history: as `photon_of_words`."""
    first = random_block(run, history, 0, STREAM_SOURCE, 0)
    second = random_block(run, history, 0, STREAM_SOURCE, 1)
    third = random_block(run, history, 0, STREAM_SOURCE, 2) if beams.extended == 1 else NO_WORDS
    return photon_of_words(views, beams, history, first, second, third)


@inline_jit
def photon_of_words(views, beams, history, first, second, third):
    """Position, direction, energy and acquisition of the photon that begins a history, from its blocks of words.

    The third block counts for beams with an extended focus alone.

    Returns
    -------
    x, y, z : float32, cm from the phantom's corner
    u, v, w : float32, unit vector
    energy : float32, keV
    xi : float32, the uniform of its first flight; STOPPED if it ends at a blade
    acquisition : int
    """
    w0, w1, w2, w3 = first
    w4, w5, w6, w7 = second
    piece, fraction, z, angle = sample_view(views, history, w0, w4)
    beam = views.beam[piece]
    fan_bin, xi = np.int64(0), uniform(w7)
    if beams.kind[beam] == BEAM_PARALLEL:
        a = (TWO * uniform(w1) - ONE) * beams.fan[beam, 0]
        b = (TWO * uniform(w2) - ONE) * beams.fan[beam, 1]
        x, y, z, u, v, w = view_of_frame(beams.frame[beam], ONE, ZERO, ZERO, a, b)
    else:
        fan_bin, forward, across, along = sample_field(beams, beam, w1, w2, uniform(w5), uniform(w6))
        if not is_open(views.blades[piece], beams.tan_cone[beam], fraction, along / forward):
            xi = STOPPED
        a = b = ZERO
        spot = beams.spot[beam]
        if spot[4] > ZERO:
            a, b = sample_spot(spot[0], spot[1], spot[2], spot[3], third[0], third[1], third[2])
            forward, across, along = through_collimator(spot[4], forward, across, along, a, b)
        if beams.kind[beam] == BEAM_CT:
            x, y, z, u, v, w = view_of_ct(beams, beam, z, angle, forward, across, along, a, b)
        else:
            x, y, z, u, v, w = view_of_frame(beams.frame[beam], forward, across, along, a, b)
    line = sample_alias(beams.energy_alias[beam, fan_bin], w3)
    return x, y, z, u, v, w, beams.energy_kev[beam, line], xi, views.acquisition[piece]
