"""Random numbers: Philox4x32-10, one block of four words for (history, step, stream, call).

Counter-based: a history draws the same numbers whoever simulates it, in whatever order. The key holds the seed
(simulation/seed.py). Words that a caller does not need are thrown away.

References
----------
J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC11 (2011), doi:10.1145/2063384.2063405.
"""

import numpy as np

from ctdose.kernels._jit import inline_jit

STREAM_STEP, STREAM_COLLISION, STREAM_SOURCE, STREAM_SECONDARY = 0, 1, 2, 3

MULTIPLIER_0 = np.uint64(0xD2511F53)
MULTIPLIER_1 = np.uint64(0xCD9E8D57)
WEYL_0 = np.uint64(0x9E3779B9)
WEYL_1 = np.uint64(0xBB67AE85)
MASK = np.uint64(0xFFFFFFFF)
SHIFT = np.uint64(32)
ONE_WORD = np.uint64(1)
TWO_POW_MINUS_32 = np.float32(2.0**-32)


@inline_jit
def philox(key_low, key_high, c0, c1, c2, c3):
    """Encrypt the counter (c0, c1, c2, c3) under the key: four words of 32 bits, each in a uint64.

    A product of two 32 bit numbers in uint64 cannot wrap, so that numpy and compiled code agree. The masks on entry
    show LLVM that the numbers have 32 bits: only then does it vectorise the rounds.
    """
    k0, k1 = np.uint64(key_low) & MASK, np.uint64(key_high) & MASK
    x0, x1 = np.uint64(c0) & MASK, np.uint64(c1) & MASK
    x2, x3 = np.uint64(c2) & MASK, np.uint64(c3) & MASK
    for _ in range(10):
        p0 = x0 * MULTIPLIER_0
        p1 = x2 * MULTIPLIER_1
        x0 = (p1 >> SHIFT) ^ x1 ^ k0
        x1 = p1 & MASK
        x2 = (p0 >> SHIFT) ^ x3 ^ k1
        x3 = p0 & MASK
        k0 = (k0 + WEYL_0) & MASK
        k1 = (k1 + WEYL_1) & MASK
    return x0, x1, x2, x3


@inline_jit
def random_block(run, history, step, stream, call):
    """Four words for the `call`-th draw of `stream` at `step` of `history`."""
    h = np.uint64(history)
    return philox(run.key_low, run.key_high, h & MASK, h >> SHIFT, step, stream * 65536 + call)


@inline_jit
def uniform(word):
    """A word as a float32 in (0, 1]; 32 bits deep near 0, where the logarithm needs them."""
    return np.float32(word + ONE_WORD) * TWO_POW_MINUS_32
