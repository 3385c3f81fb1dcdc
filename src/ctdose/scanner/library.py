"""The scanners that come with ctdose, and scanner files of one's own."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from ctdose.errors import CtdoseError, nearest
from ctdose.faults import FileFaults
from ctdose.scanner.checks import cross_check
from ctdose.scanner.model import Scanner
from ctdose.schema_faults import check_file
from ctdose.yaml_reader import Document, parse_yaml, read_yaml


class ScannerError(FileFaults):
    """What is wrong in a scanner's file, one line for each fault."""


def scanner_names() -> list[str]:
    """Names of the scanners that come with ctdose."""
    files = resources.files("ctdose.scanner.data").iterdir()
    return sorted(file.name.removesuffix(".yaml") for file in files if file.name.endswith(".yaml"))


def scanner_text(name: str) -> str:
    """YAML of a scanner of the library, commented, ready to be copied and edited.

    Raises
    ------
    CtdoseError
        Unknown name.
    """
    if name not in scanner_names():
        raise CtdoseError(f"scanner={name} (not in the library). {nearest(name, scanner_names())}")
    return resources.files("ctdose.scanner.data").joinpath(f"{name}.yaml").read_text(encoding="utf-8")


def load_scanner(name_or_path: str | Path, folder: Path | None = None) -> Scanner:
    """Load and check a scanner.

    Parameters
    ----------
    name_or_path : str or Path
        A name of `scanner_names`, or a YAML file.
    folder : Path, optional
        Where a relative file name is looked for first (the exam's folder), then in the current one.

    Returns
    -------
    Scanner

    Raises
    ------
    CtdoseError
        Unknown name, no such file.
    ScannerError
        What is wrong in the file, one line each.
    """
    name = str(name_or_path)
    if name in scanner_names():
        return check_scanner(parse_yaml(scanner_text(name).encode(), f"{name}.yaml", ScannerError))
    path = Path(name)
    if folder is not None and (folder / path).exists():
        path = folder / path
    if not path.exists() and path.suffix not in (".yaml", ".yml"):
        why = "neither a scanner of the library nor a file"
        raise CtdoseError(f"scanner={name} ({why}). {nearest(name, scanner_names())}")
    return check_scanner(read_yaml(path, ScannerError))


def check_scanner(document: Document) -> Scanner:
    """Check what was read from a scanner's file; see `load_scanner`."""
    scanner = check_file(Scanner, document, ScannerError)
    faults = cross_check(scanner, document)
    if faults:
        raise ScannerError(document.file, faults)
    return scanner
