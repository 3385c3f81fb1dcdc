"""YAML for people: safe, with line numbers, YAML 1.2 scalars, no surprises.

Only mappings, lists and scalars are read; what a scalar means is said in `yaml_scalars`.
Refused with one line each: tags, a key given twice, deep nesting, aliases that multiply, large files.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ctdose.faults import ABSENT, Fault, FileFaults, KeyPath
from ctdose.yaml_scalars import CONTROL_CHARACTER, holds_control_character, plain_scalar

HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
MAX_BYTES = 1 << 18
MAX_DEPTH = 16
MAX_VALUES = 20_000  # after aliases are expanded: bounds what a few lines of aliases can grow into


@dataclass(frozen=True)
class Document:
    """What a YAML file says, and where.

    Parameters
    ----------
    data : object
        Mappings, lists, text, numbers, booleans, None.
    lines : dict
        Line, from 1, of each key path, for example ``("acquisitions", 0, "pitch")``.
    file : str
        Name for messages.
    sha256 : str
        Of the bytes of the file.
    """

    data: Any
    lines: dict[KeyPath, int] = field(repr=False)
    file: str
    sha256: str = ""

    def line(self, path: KeyPath) -> int | None:
        """Line of a key path, or of the nearest thing around it that has one."""
        for end in range(len(path), -1, -1):
            if path[:end] in self.lines:
                return self.lines[path[:end]]
        return None


def read_yaml(path: str | Path, error: type[FileFaults] = FileFaults) -> Document:
    """Read a YAML file.

    Parameters
    ----------
    path : str or Path
        The file.
    error : type
        Class of the error that is raised.

    Returns
    -------
    Document

    Raises
    ------
    FileFaults
        The file cannot be read, is not UTF-8, too large, empty, or not the YAML that is accepted here.
    """
    file = str(path)
    return parse_yaml(_read_bytes(Path(path), file, error), file, error)


def parse_yaml(raw: bytes, file: str, error: type[FileFaults] = FileFaults) -> Document:
    """Parse the bytes of a YAML file; see `read_yaml`.

    Parameters
    ----------
    raw : bytes
        UTF-8 text, with or without a byte order mark.
    file : str
        Name for messages.
    error : type
        Class of the error that is raised.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = raw[: fault.start].count(b"\n") + 1
        why, right = f"byte 0x{raw[fault.start]:02x} is not UTF-8 text", "Save the file as UTF-8."
        raise error(file, [Fault((), ABSENT, why, right, line)]) from None
    root = _compose(text, file, error)
    if root is None:
        raise error(file, [Fault((), ABSENT, "the file is empty", "Write key: value lines into it.")])
    builder = _Builder()
    data = builder.value(root, (), 0)
    if builder.faults:
        raise error(file, builder.faults)
    return Document(data, builder.lines, file, hashlib.sha256(raw).hexdigest())


def _read_bytes(path: Path, file: str, error: type[FileFaults]) -> bytes:
    def refuse(why: str, right: str) -> FileFaults:
        return error(file, [Fault((), ABSENT, why, right)])

    try:
        if path.is_dir():
            raise refuse("a folder, not a file", "Give the YAML file itself.")
        if not path.exists():
            raise refuse("no such file", "Check the path.")
        if not path.is_file():
            raise refuse("not an ordinary file", "Give a YAML file.")
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
        if raw.startswith(HDF5_SIGNATURE):
            raise refuse("an HDF5 file, not YAML", "What ctdose run wrote is shown by ctdose show.")
        if len(raw) > MAX_BYTES:
            raise refuse(f"larger than {MAX_BYTES // 1024} KiB", "Such a file holds a few kB of YAML.")
        return raw
    except (OSError, ValueError) as fault:  # ValueError: a null byte in the name
        reason = getattr(fault, "strerror", None) or str(fault)
        raise refuse(f"cannot be read: {reason}", "Check the path and its permissions.") from None


class _Refused(Exception):
    def __init__(self, mark: yaml.Mark, why: str, right: str) -> None:
        self.mark, self.why, self.right = mark, why, right


class _Loader(yaml.SafeLoader):
    """Composes nodes only: every plain scalar stays text, no tag is resolved, no object is built."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 (PyYAML's own class attribute)

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()
        if getattr(event, "tag", None) is not None:
            why = f"the tag {event.tag} is not accepted"
            raise _Refused(event.start_mark, why, "Write the value without a tag.")
        if self.depth > MAX_DEPTH:
            why = f"nested more than {MAX_DEPTH} levels deep"
            raise _Refused(event.start_mark, why, "No key needs that.")
        self.depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


def _compose(text: str, file: str, error: type[FileFaults]) -> Any:
    try:
        return _Loader(text).get_single_node()
    except _Refused as fault:
        found = Fault((), ABSENT, fault.why, fault.right, fault.mark.line + 1)
    except yaml.reader.ReaderError as fault:
        line = text[: fault.position].count("\n") + 1
        found = Fault((), ABSENT, *CONTROL_CHARACTER, line)
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        why = f"not YAML: {fault.problem or fault.context}"
        found = Fault((), ABSENT, why, _advice(why), mark.line + 1 if mark else None)
    raise error(file, [found])


def _advice(why: str) -> str:
    if "\\t" in why:
        return "Indent with spaces, not tabs."
    if "document" in why:
        return "Keep one document: no second ---."
    if "alias" in why:
        return "Write the value itself."
    return "Write key: value, one a line, children indented by two spaces; quote text that holds : or #."


class _Builder:
    """Turns nodes into plain data, notes the line of each key path, collects faults."""

    def __init__(self) -> None:
        self.lines: dict[KeyPath, int] = {}
        self.faults: list[Fault] = []
        self.count = 0

    def value(self, node: Any, path: KeyPath, depth: int) -> Any:
        self.count += 1
        self.lines.setdefault(path, node.start_mark.line + 1)
        if self.count > MAX_VALUES or depth > MAX_DEPTH:
            if not self.faults:
                why = (
                    "its aliases grow into too many values"
                    if depth <= MAX_DEPTH
                    else "an alias contains itself"
                )
                right = "Write the values themselves."
                self.faults.append(Fault(path, ABSENT, why, right, node.start_mark.line + 1))
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, depth)
        if isinstance(node, yaml.SequenceNode):
            items = []
            for i, item in enumerate(node.value):
                items.append(self.value(item, (*path, i), depth + 1))
                if self.count > MAX_VALUES:
                    break
            return items
        text = self._text(node, path)
        # A scalar in quotes or in a block is text, whatever it looks like.
        return plain_scalar(text) if node.style is None else text

    def _text(self, node: Any, path: KeyPath) -> str:
        """Text of a scalar; an escape can stand for what no file and no terminal should be given."""
        text = str(node.value)
        if holds_control_character(text):
            self.faults.append(Fault(path, ABSENT, *CONTROL_CHARACTER, node.start_mark.line + 1))
        return text

    def _mapping(self, node: Any, path: KeyPath, depth: int) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                right = "A key is one word."
                self.faults.append(Fault(path, ABSENT, "a list or mapping stands as a key", right, line))
                continue
            key = self._text(key_node, path)
            here = (*path, key)
            if key in data:
                right = f"Keep one; the first is in line {self.lines[here]}."
                self.faults.append(Fault(here, ABSENT, "given twice", right, line))
                continue
            self.lines[here] = line
            data[key] = self.value(value_node, here, depth + 1)
            if self.count > MAX_VALUES:
                break
        return data
