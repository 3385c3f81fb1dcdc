"""pydicom, loaded when it is needed and kept quiet: its warnings quote values of headers, and headers name people."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ctdose.errors import CtdoseError, MissingExtraError

DEFLATED = ("1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.8.1")  # whole file; frame by frame
NOISY = ("pydicom", "highdicom")


@contextmanager
def quiet_dicom() -> Iterator[Any]:
    """Give pydicom; within, no library warns or logs.

    Raises
    ------
    MissingExtraError
        pydicom is not installed.
    """
    try:
        import pydicom
    except ModuleNotFoundError:
        raise MissingExtraError("Reading DICOM", "dicom") from None
    loggers = [logging.getLogger(name) for name in NOISY]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield pydicom
    finally:
        for logger, level in zip(loggers, levels):
            logger.setLevel(level)


def begins_as_dicom(path: Path) -> bool:
    """Whether a file has the mark of a DICOM file."""
    try:
        with path.open("rb") as stream:
            return stream.read(132)[128:] == b"DICM"
    except OSError:
        return False


def refuse_deflated(pydicom: Any, path: Path, file: str) -> None:
    """Refuse a file that deflate packs: a few megabytes of it can unpack to all memory there is.

    Raises
    ------
    CtdoseError
    """
    try:
        syntax = str(pydicom.filereader.read_file_meta_info(path).get("TransferSyntaxUID", ""))
    except Exception:  # no DICOM file, or a damaged one: said where it is read
        return
    if syntax in DEFLATED:
        raise CtdoseError(f"{file} stored deflated. Store it uncompressed first.")
