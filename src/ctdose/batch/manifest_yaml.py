"""A manifest as a YAML file: a template, and a list of exams that change it."""

from __future__ import annotations

from typing import Any

from ctdose.batch.manifest import Manifest, ManifestError, Row
from ctdose.faults import ABSENT, Fault, KeyPath
from ctdose.yaml_reader import Document


def yaml_manifest(document: Document) -> Manifest:
    """Take the rows out of a document.

    Raises
    ------
    ManifestError
        It has no list `exams`, or something beside it.
    """
    data, file = document.data, document.file

    def refuse(path: KeyPath, value: Any, why: str, right: str) -> ManifestError:
        return ManifestError(file, [Fault(path, value, why, right, document.line(path))])

    if isinstance(data, dict) and "exams" not in data and {"exam", "phantom"} <= data.keys():
        raise refuse((), ABSENT, "an exam, and no manifest of several", "ctdose run takes it.")
    right = "Write template: chest and exams: with a list below it, each entry beginning with - name: …"
    if not isinstance(data, dict) or not isinstance(data.get("exams"), list):
        raise refuse((), ABSENT, "a manifest has a list exams", right)
    for key in data:
        if key not in ("template", "exams"):
            raise refuse((key,), data[key], "unknown key of a manifest", right)
    rows: list[Row] = []
    columns: dict[str, int] = {}
    for i, item in enumerate(data["exams"]):
        if not isinstance(item, dict):
            raise refuse(("exams", i), item, "not a mapping", right)
        lines = {str(name): document.line(("exams", i, name)) or 0 for name in item}
        rows.append(Row({str(n): v for n, v in item.items()}, document.line(("exams", i)) or 1, lines))
        for name, line in lines.items():
            columns.setdefault(name, line)
    template = data.get("template")
    if template is not None and not isinstance(template, str):
        raise refuse(
            ("template",), template, "not a name", "Write an exam's file or the name of a shipped one."
        )
    return Manifest(file, template, columns, tuple(rows), document.sha256)
