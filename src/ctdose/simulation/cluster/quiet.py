"""Preloaded by the workers of a local cluster: Ctrl-C and SIGTERM, which reach them too, are the client's to answer."""

from __future__ import annotations

import signal
from typing import Any


def dask_setup(worker: Any) -> None:
    """Called by Dask in the main thread of a worker's process."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
