"""Where ctdose keeps what is slow to make again: compiled kernels, calibrations, built phantoms."""

import os
import tempfile
from pathlib import Path

ENVIRONMENT_VARIABLE = "CTDOSE_CACHE_DIR"


def cache_dir(name: str) -> Path | None:
    """Give the cache folder of one purpose, made if need be.

    The root is the user's cache folder of this platform (``~/.cache/ctdose`` on Linux); the environment
    variable ``CTDOSE_CACHE_DIR`` replaces it. Whatever is kept here can be deleted at any time.

    Parameters
    ----------
    name : str
        The purpose, one folder name: ``"kernels"``, ``"calibration"``.

    Returns
    -------
    pathlib.Path or None
        An existing folder in which a file can be written, or None where there is none: then the caller
        does without a cache.

    Raises
    ------
    ValueError
        If `name` is not a plain folder name.
    """
    if not name or Path(name).name != name or name in {".", ".."}:
        raise ValueError(f"name={name!r} (not a folder name). A plain word such as 'calibration'.")
    folder = _root() / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Permission bits lie on network and read-only file systems: only a written file proves it.
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return None


def _root() -> Path:
    override = os.environ.get(ENVIRONMENT_VARIABLE)
    if override:
        return Path(override).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_cache_dir("ctdose", appauthor=False))
