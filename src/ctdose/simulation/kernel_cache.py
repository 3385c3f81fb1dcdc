"""Where numba keeps the machine code of the kernels: by their hash, wherever the package is installed.

numba's own folder is named after the path of the source file, so a second environment, a worker of a cluster or a
new version with the same kernels would compile for half a minute what lies beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar


class KernelLocator:
    """A cache locator, as numba lets one be named in ``NUMBA_CACHE_LOCATOR_CLASSES``.

    numba makes the instance while `kept_in` says for which folder and which sources.
    """

    folder: ClassVar[Path]
    version: ClassVar[str]

    def __init__(self, line: int) -> None:
        self._line, self._version = line, self.version
        self._path = self.folder / self.version

    @classmethod
    def from_function(cls, function: Callable[..., Any], file: str) -> KernelLocator:
        """The locator of a function."""
        locator = cls(function.__code__.co_firstlineno)
        locator.ensure_cache_path()
        return locator

    def ensure_cache_path(self) -> None:
        """Make the folder."""
        self._path.mkdir(exist_ok=True)

    def get_cache_path(self) -> str:
        """The folder of the machine code of these sources."""
        return str(self._path)

    def get_source_stamp(self) -> str:
        """What has to be the same for machine code to be used again."""
        return self._version

    def get_disambiguator(self) -> str:
        """Part of the file's name: functions of one name differ by their first line."""
        return str(self._line)


@contextmanager
def kept_in(folder: Path | None, version: str) -> Iterator[None]:
    """Functions that are decorated meanwhile keep their machine code in ``folder/version``.

    With numba 0.61, which has no such setting, they keep it in a folder named after their source's path.

    Parameters
    ----------
    folder : pathlib.Path or None
        An existing folder that can be written; None: nothing is kept.
    version : str
        Hash of all sources and of the versions of what compiles them; a folder's name.
    """
    import numba

    if folder is None:
        yield
        return
    KernelLocator.folder, KernelLocator.version = folder, version
    before = getattr(numba.config, "CACHE_LOCATOR_CLASSES", "")
    numba.config.CACHE_LOCATOR_CLASSES = f"{__name__}.{KernelLocator.__name__}"
    try:
        yield
    finally:
        numba.config.CACHE_LOCATOR_CLASSES = before
