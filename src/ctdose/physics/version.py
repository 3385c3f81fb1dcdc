"""Which physics data a result was computed with."""

import hashlib
from functools import cache
from importlib import resources


@cache
def physics_version() -> str:
    """Version of the physics data: xraylib's, and a hash of the shipped data files.

    Returns
    -------
    str
        For example ``"xraylib 4.3.0, data 0123456789ab"``.
    """
    import xraylib

    digest = hashlib.sha256()
    folder = resources.files("ctdose.physics.data")
    for file in sorted(
        (f for f in folder.iterdir() if f.name.endswith((".yaml", ".npz"))), key=lambda f: f.name
    ):
        digest.update(file.name.encode())
        digest.update(file.read_bytes())
    return f"xraylib {xraylib.__version__}, data {digest.hexdigest()[:12]}"
