"""Faults of a study's file."""

from __future__ import annotations

from ctdose.faults import FileFaults


class StudyError(FileFaults):
    """What is wrong in a study: one line each, ``file:line: key=value (why). What would be right.``"""
