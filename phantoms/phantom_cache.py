"""Phantoms that were built, kept in the cache folder."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from functools import cache
from importlib import resources

from ctdose.errors import CtdoseError
from ctdose.phantoms.voxel_phantom import VoxelPhantom


def cached(key: str, build: Callable[[], VoxelPhantom]) -> VoxelPhantom:
    """From the cache folder, else built and kept there; without a writable folder only built."""
    from ctdose._cache import cache_dir
    from ctdose.phantoms.phantom_file import load_phantom, save_phantom

    folder = cache_dir("phantoms")
    if folder is None:
        return build()
    path = folder / f"{key}-{source_hash()[:16]}.h5"
    if path.is_file():
        with contextlib.suppress(CtdoseError):  # a damaged copy is made again
            return load_phantom(path)
    phantom = build()
    with contextlib.suppress(CtdoseError):  # a full disk: the phantom is at hand all the same
        save_phantom(phantom, path, overwrite=True)
    return phantom


@cache
def source_hash() -> str:
    """SHA-256 of all that decides a built phantom: the sources of this package, its data and the materials' data."""
    digest = hashlib.sha256()
    for package in (
        "ctdose.phantoms",
        "ctdose.phantoms.stylized",
        "ctdose.phantoms.data",
        "ctdose.physics.data",
    ):
        for file in sorted(resources.files(package).iterdir(), key=lambda each: each.name):
            if file.name.endswith((".py", ".yaml")):
                digest.update(f"{package}/{file.name}\n".encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()
