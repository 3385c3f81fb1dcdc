"""Logarithm, sine and cosine in float32, from + - * / and bit casts alone.

The same bits on every machine, compiled or interpreted, CPU or GPU: a library's log differs between them in
the last bit, and one flipped bit makes two histories part.
"""

import numpy as np

from ctdose.kernels._jit import inline_jit

ONE = np.float32(1.0)
TWO = np.float32(2.0)
HALF = np.float32(0.5)
LN2 = np.float32(np.log(2.0))
THIRD, FIFTH, SEVENTH, NINTH = np.float32(1 / 3), np.float32(1 / 5), np.float32(1 / 7), np.float32(1 / 9)
SQRT_HALF_BITS = np.int32(0x3F3504F3)
MANTISSA_MASK = np.int32(0x007FFFFF)

ODD, BACK = np.int32(1), np.int32(2)  # quadrants: 90 degrees, 180 degrees
TURN = np.float32(1.0 / (2.0 * np.pi))
FOUR = np.float32(4.0)
# Taylor coefficients of sin and cos of r*pi/2, |r| <= 1/2: the first term left out is 2e-9
_Q = np.pi / 2.0
S1, S3, S5, S7, S9 = (np.float32(c) for c in (_Q, -(_Q**3) / 6, _Q**5 / 120, -(_Q**7) / 5040, _Q**9 / 362880))
C2, C4, C6, C8 = (np.float32(c) for c in (-(_Q**2) / 2, _Q**4 / 24, -(_Q**6) / 720, _Q**8 / 40320))
C10 = np.float32(-(_Q**10) / 3628800)


@inline_jit
def bits_of(x):
    """The bit pattern of a float32 as an int32."""
    value = np.float32(x)  # numba's view wants to see the type in the same function
    return value.view(np.int32)


@inline_jit
def from_bits(bits):
    """The float32 of a bit pattern."""
    value = np.int32(bits)
    return value.view(np.float32)


@inline_jit
def log(x):
    """Natural logarithm of a positive normal float32.

    x = 2^k m with m in [sqrt(1/2), sqrt(2)); log m = 2 artanh(s), s = (m - 1)/(m + 1), by its series in s^2
    (s^2 <= 0.0295: the first term left out is 2e-9 of the sum).
    """
    bits = np.int32(bits_of(x) - SQRT_HALF_BITS)
    k = np.float32(bits >> np.int32(23))
    m = from_bits((bits & MANTISSA_MASK) + SQRT_HALF_BITS)
    f = m - ONE
    s = f / (TWO + f)
    z = s * s
    series = z * (THIRD + z * (FIFTH + z * (SEVENTH + z * NINTH)))
    return k * LN2 + TWO * (s + s * series)


@inline_jit
def sincos_turns(t):
    """Sine and cosine of `t` turns (t * 2 pi rad), float32, |t| < 2^20.

    The turn is cut to the nearest quarter, the rest goes into the Taylor series.
    """
    quarters = t * FOUR
    q = np.floor(quarters + HALF)
    r = quarters - q
    z = r * r
    s = r * (S1 + z * (S3 + z * (S5 + z * (S7 + z * S9))))
    c = ONE + z * (C2 + z * (C4 + z * (C6 + z * (C8 + z * C10))))
    quadrant = np.int32(q) & np.int32(3)
    a, b = (c, s) if quadrant & ODD else (s, c)
    return -a if quadrant >= BACK else a, -b if (quadrant == ODD) | (quadrant == BACK) else b


@inline_jit
def sincos(angle):
    """Sine and cosine of an angle in rad, float32."""
    return sincos_turns(angle * TURN)
