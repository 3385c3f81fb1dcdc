"""Unique identifiers of DICOM that follow from what they name: the same export twice has the same ones."""

from __future__ import annotations

import uuid

SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://ctdose.invalid/dicom-uid")


def uid_of(*parts: str) -> str:
    """Make a UID of texts, by way of a UUID (DICOM PS3.5, B.2).

    Parameters
    ----------
    *parts : str
        What is named: of other parts another UID comes.

    Returns
    -------
    str
        ``2.25.`` and the number of the UUID.
    """
    return f"2.25.{uuid.uuid5(SPACE, chr(0).join(parts)).int}"
