"""Where a cluster is, and whether there is software for it; Dask is not loaded for that."""

from __future__ import annotations

import re
from importlib.util import find_spec

from ctdose.errors import CtdoseError, MissingExtraError

ADDRESS = re.compile(r"(?:(?:tcp|tls|ws|wss|ucx)://)?(?:[^\s/:\[\]]+|\[[0-9A-Fa-f:.]+\]):\d{1,5}/?\Z")
RIGHT = "Write the address that `dask scheduler` prints, for example tcp://10.0.0.5:8786."


def check_address(address: str) -> None:
    """Check the form of a scheduler's address: ``tcp://host:port``, ``tls://host:port``, ``host:port``.

    Raises
    ------
    CtdoseError
        It is none.
    """
    if not ADDRESS.match(address):
        raise CtdoseError(f"scheduler={address} (not an address). {RIGHT}")


def check_installed() -> None:
    """Check that Dask is there, and what encrypts its messages.

    Raises
    ------
    MissingExtraError
        It is not.
    """
    if find_spec("distributed") is None or find_spec("cryptography") is None:
        raise MissingExtraError("A cluster", "cluster")
