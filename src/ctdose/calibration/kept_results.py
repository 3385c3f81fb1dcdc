"""The cache of what was simulated in CTDI phantoms."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from ctdose._cache import cache_dir

T = TypeVar("T")


def kept_result(identity: str, build: Callable[..., T]) -> T | None:
    """Give what was kept under an identity, made by `build` from its fields; None if there is none."""
    path = _file(identity)
    if path is None or not path.is_file():
        return None
    try:
        return build(**json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None  # damaged: it is made again


def keep_result(identity: str, fields: Mapping[str, Any]) -> None:
    """Keep the fields of a result."""
    path = _file(identity)
    if path is None:
        return
    part = path.with_suffix(".part")
    try:
        part.write_text(json.dumps(fields), "utf-8")
        part.replace(path)
    except OSError:
        return  # a cache that cannot be written is no cache


def _file(identity: str) -> Path | None:
    folder = cache_dir("calibration")
    return None if folder is None else folder / f"{identity}.json"
