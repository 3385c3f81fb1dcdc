"""Where each value of an exam came from, as the comments of its resolved YAML say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml


def sources_of(exam_yaml: str) -> list[tuple[str, str]]:
    """List the keys of a resolved exam and their sources.

    Parameters
    ----------
    exam_yaml : str
        As `ResolvedExam.to_yaml` writes it: the source of each value in a comment on its line.

    Returns
    -------
    list of (str, str)
        Key such as ``acquisitions[0].pitch``; source such as ``user``, ``default``, ``scanner``.
    """
    try:
        root = yaml.compose(exam_yaml, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return []
    lines = exam_yaml.splitlines()
    found = []
    for key, node in _leaves(root, ""):
        end = node.end_mark
        rest = lines[end.line][end.column :].strip() if end.line < len(lines) else ""
        if rest.startswith("#"):
            found.append((key, rest.lstrip("# ")))
    return found


def _leaves(node: Any, key: str) -> Iterator[tuple[str, Any]]:
    """Values that stand on one line, with their keys."""
    if isinstance(node, yaml.MappingNode) and not node.flow_style:
        for name, value in node.value:
            yield from _leaves(value, f"{key}.{name.value}" if key else str(name.value))
    elif isinstance(node, yaml.SequenceNode) and not node.flow_style:
        for i, value in enumerate(node.value):
            yield from _leaves(value, f"{key}[{i}]")
    elif node is not None:
        yield key, node
