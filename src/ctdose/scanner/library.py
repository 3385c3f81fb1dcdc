"""The scanners that come with ctdose, and scanner files of one's own."""

from __future__ import annotations

from functools import cache
from os.path import exists  # unlike Path's, False for a name that no system accepts
from pathlib import Path

from ctdose.faults import FileFaults
from ctdose.scanner.checks import cross_check
from ctdose.scanner.model import Scanner
from ctdose.schema_faults import check_file
from ctdose.shipped import ShippedFiles
from ctdose.yaml_reader import Document, parse_yaml, read_yaml

SCANNERS = ShippedFiles(
    "scanner",
    "ctdose.scanner.data",
    unknown="not in the library",
    neither="neither a scanner of the library nor a file",
)


class ScannerError(FileFaults):
    """What is wrong in a scanner's file, one line for each fault."""


def scanner_names() -> list[str]:
    """Names of the scanners that come with ctdose."""
    return SCANNERS.names()


def scanner_text(name: str) -> str:
    """YAML of a scanner of the library, commented, ready to be copied and edited.

    Raises
    ------
    CtdoseError
        Unknown name.
    """
    return SCANNERS.text(name)


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
        return _shipped(name)
    path = Path(name)
    if folder is not None and exists(folder / path):
        path = folder / path
    if not exists(path) and path.suffix not in (".yaml", ".yml"):
        raise SCANNERS.fault(name, SCANNERS.neither)
    return check_scanner(read_yaml(path, ScannerError))


@cache
def _shipped(name: str) -> Scanner:
    """A scanner of the library, read once: each exam of a batch asks for it several times. It cannot be changed."""
    return check_scanner(parse_yaml(scanner_text(name).encode(), f"{name}.yaml", ScannerError))


def check_scanner(document: Document) -> Scanner:
    """Check what was read from a scanner's file; see `load_scanner`."""
    scanner = check_file(Scanner, document, ScannerError)
    faults = cross_check(scanner, document)
    if faults:
        raise ScannerError(document.file, faults)
    return scanner
