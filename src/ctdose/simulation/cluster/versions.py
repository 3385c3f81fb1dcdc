"""What the client and its workers must have in common, for a sum of their tallies to mean something."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from functools import cache

from ctdose._version import __version__
from ctdose.errors import CtdoseError

SAME = "Install the same versions in both places."


@cache
def versions() -> dict[str, str]:
    """Versions of all that the bits depend on, and of what the messages between the processes depend on."""
    import distributed
    import numba
    import numpy as np

    from ctdose.physics.version import physics_version
    from ctdose.simulation.compiled import kernel_sha256

    return {
        "ctdose": __version__,
        "numba": numba.__version__,
        "numpy": np.__version__,
        "kernels": kernel_sha256()[:12],
        "physics data": physics_version(),
        "processor": platform.machine(),
        "distributed": distributed.__version__,
    }


def compare_versions(client: Mapping[str, str], worker: Mapping[str, str], address: str) -> None:
    """Check that a worker's versions are those of its client.

    Raises
    ------
    CtdoseError
        If they are not.
    """
    for name in client:
        here, there = client[name], worker.get(name, "not known")
        if here != there:
            raise CtdoseError(f"worker {address} ({name}: {there} there, {here} here). {SAME}")
