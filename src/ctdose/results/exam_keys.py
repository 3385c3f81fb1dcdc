"""In which keys two exams differ."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

SAID_ELSEWHERE = frozenset({"simulation.histories", "simulation.seed"})


def differing_keys(a: str, b: str) -> list[str]:
    """Keys in which two resolved exams differ, but for histories and seed.

    Parameters
    ----------
    a, b : str
        YAML.

    Returns
    -------
    list of str
        For example ``acquisitions[0].pitch``; ``exam`` if one of them cannot be read.
    """
    try:
        left, right = (dict(_leaves(yaml.safe_load(text), "")) for text in (a, b))
    except yaml.YAMLError:
        return ["exam"] if a != b else []
    every = [key for key in {**left, **right} if key not in SAID_ELSEWHERE]
    return [key for key in every if key not in left or key not in right or left[key] != right[key]]


def _leaves(value: Any, key: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _leaves(item, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for i, item in enumerate(value):
            yield from _leaves(item, f"{key}[{i}]")
    else:
        yield key, value
