"""The exam that a command is given."""

from __future__ import annotations

from ctdose.errors import CtdoseError


def check_exam_name(name: str) -> str:
    """Refuse an empty name: an unset variable of a script would stand for the current folder.

    Raises
    ------
    CtdoseError
        It is empty.
    """
    if not name.strip():
        raise CtdoseError(f"exam={name!r} (empty). Give an exam's file, or a name of ctdose exam list.")
    return name
