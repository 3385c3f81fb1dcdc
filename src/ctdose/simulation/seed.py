"""The key of the random numbers: 64 bits from seed, purpose and body."""

import hashlib

PURPOSES = ("exam", "calibration")


def random_key(seed: int, purpose: str, body: str) -> tuple[int, int]:
    """Derive the Philox key of a run.

    Exam and calibration, male and female draw independent numbers from one seed; variants of one study share the
    key on purpose.

    Parameters
    ----------
    seed : int
        0 to 2^64 - 1.
    purpose : str
        ``exam`` or ``calibration``.
    body : str
        Name of the body or phantom.

    Returns
    -------
    (int, int)
        The two 32 bit words of the key.

    Raises
    ------
    TypeError
        If the seed is not a whole number.
    ValueError
        If the seed is out of range or the purpose unknown.
    """
    if isinstance(seed, bool) or not hasattr(seed, "__index__"):
        raise TypeError(f"seed={seed!r} (not a whole number). For example 1.")
    if not 0 <= seed < 2**64:
        raise ValueError(f"seed={seed} (out of range). Give a whole number from 0 to 2^64 - 1.")
    if purpose not in PURPOSES:
        raise ValueError(f"purpose={purpose!r} (unknown). One of {', '.join(PURPOSES)}.")
    text = f"ctdose/{seed}/{purpose}/{body}".encode()
    digest = hashlib.blake2b(text, digest_size=8).digest()
    return int.from_bytes(digest[:4], "little"), int.from_bytes(digest[4:], "little")
