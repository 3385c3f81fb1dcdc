"""YAML files of one kind that come with ctdose, known by their names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from os.path import exists  # unlike Path's, False for a name that no system accepts
from pathlib import Path
from typing import TypeVar

from ctdose.errors import CtdoseError, nearest

Loaded = TypeVar("Loaded")


@dataclass(frozen=True)
class ShippedFiles:
    """The files ``NAME.yaml`` of a package.

    Parameters
    ----------
    key : str
        What one of them is, for messages: ``exam``.
    package : str
        The package that holds them: ``ctdose.exam.data``.
    unknown, neither : str
        What a name is that is none of them, and one that is no file either, for messages.
    """

    key: str
    package: str
    unknown: str
    neither: str

    def names(self) -> list[str]:
        """Names of all, sorted."""
        files = resources.files(self.package).iterdir()
        return sorted(file.name.removesuffix(".yaml") for file in files if file.name.endswith(".yaml"))

    def text(self, name: str) -> str:
        """YAML of one of them, with its comments.

        Raises
        ------
        CtdoseError
            Unknown name.
        """
        if name not in self.names():
            raise self.fault(name, self.unknown)
        return resources.files(self.package).joinpath(f"{name}.yaml").read_text(encoding="utf-8")

    def load(
        self,
        source: str | Path,
        from_text: Callable[[str, str], Loaded],
        from_file: Callable[[str | Path], Loaded],
    ) -> Loaded:
        """Load one of them, or a file of one's own.

        Parameters
        ----------
        source : str or Path
            A name, else a file.
        from_text : callable
            Loads a text, and is told what to call it in messages.
        from_file : callable
            Loads a file.

        Raises
        ------
        CtdoseError
            Neither a name nor a file, but looks like a name.
        """
        name = str(source)
        if name in self.names():
            return from_text(self.text(name), f"{name}.yaml")
        if not Path(name).suffix and not exists(name):
            raise self.fault(name, self.neither)
        return from_file(source)

    def fault(self, name: str, why: str) -> CtdoseError:
        """The error for a name, with those that are near to it."""
        return CtdoseError(f"{self.key}={name} ({why}). {nearest(name, self.names())}")
