import numpy as np
import pytest

from ctdose.kernels.rng import philox, uniform

pytestmark = pytest.mark.kernels

# Known answers of Random123's own test file (kat_vectors, philox4x32 10)
KNOWN = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counter", "key", "words"), KNOWN)
def test_philox_gives_the_known_answers(counter, key, words):
    assert tuple(int(w) for w in philox(*key, *counter)) == words


def test_uniform_never_gives_zero_and_reaches_one():
    assert uniform(np.uint64(0)) == np.float32(2.0**-32)
    assert uniform(np.uint64(0xFFFFFFFF)) == np.float32(1.0)
    assert isinstance(uniform(np.uint64(5)), (float, np.float32))


def test_uniform_is_uniform():
    words = np.array([philox(1, 2, h, 0, 0, 0) for h in range(4000)], dtype=np.uint64).ravel()
    xi = np.array([uniform(w) for w in words])
    counts, _ = np.histogram(xi, bins=64, range=(0, 1))
    chi2 = ((counts - xi.size / 64) ** 2 / (xi.size / 64)).sum()
    assert 30.0 < chi2 < 103.4  # chi-square with 63 degrees of freedom: 10^-4 and 0.999 quantiles
