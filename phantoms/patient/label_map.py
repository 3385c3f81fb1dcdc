"""What the values of a label image are: shipped classes, and the user's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

from ctdose.errors import CtdoseError
from ctdose.phantoms.patient.label_map_file import read_own
from ctdose.phantoms.patient.labelled_organ import IGNORED, LabelledOrgan, make_organ
from ctdose.yaml_reader import parse_yaml, read_yaml

SHIPPED = "ct_labels.yaml"


@dataclass(frozen=True)
class LabelMap:
    """Organs, and which one each label value is.

    Parameters
    ----------
    organs : mapping of str to LabelledOrgan
    of_value : mapping of int to str
        Name of the organ; `IGNORED`: as if it were not labelled.
    classes : mapping of str to str
        Organ of each shipped class, by its name.
    of_segment : mapping of str to str
        What the user says of segments of a DICOM SEG: organ of a number, a label or a code (``SCT:10200004``).
    """

    organs: Mapping[str, LabelledOrgan]
    of_value: Mapping[int, str]
    classes: Mapping[str, str] = field(default_factory=dict)
    of_segment: Mapping[str, str] = field(default_factory=dict)

    def check_values(self, values: Iterable[int], file: str) -> None:
        """Refuse label values that nothing is known of, and labels of nothing.

        Raises
        ------
        CtdoseError
        """
        given = sorted(int(value) for value in values if value)
        if not given:
            raise CtdoseError(f"{file}: no voxel is labelled. Give the labels of this CT, or leave them out.")
        unknown = [value for value in given if value not in self.of_value]
        if unknown:
            shown = ", ".join(map(str, unknown[:8])) + (", …" if len(unknown) > 8 else "")
            raise CtdoseError(
                f"{file}: label={shown} (unknown). Say in --label-map what it is, or {IGNORED}."
            )


def read_label_map(path: Path | None = None) -> LabelMap:
    """Read the shipped classes, and what a user's file adds to them.

    Parameters
    ----------
    path : Path, optional
        A YAML file of ``labels`` (value: class or organ, or ``ignore``), ``segments`` (number, label or code: the
        same), ``organs`` (name: kind, material, tissue, …) and ``shipped_values`` (false: the shipped numbers do not
        hold).

    Raises
    ------
    FileFaults
        A key, class, organ, material or tissue that is unknown; a value that is no label.
    """
    raw = resources.files("ctdose.phantoms.data").joinpath(SHIPPED).read_bytes()
    shipped = parse_yaml(raw, SHIPPED).data
    organs = {row["name"]: make_organ(row["id"], row["name"], row) for row in shipped["organs"]}
    classes: dict[str, str] = shipped["classes"]
    values = {i: classes[name] for i, name in enumerate(shipped["values"], start=1)}
    segments: dict[str, str] = {}
    if path is not None:
        own = read_own(read_yaml(path), organs, classes)
        organs |= own.organs
        values = {**(values if own.shipped_values else {}), **own.values}
        segments = own.segments
    return LabelMap(organs, values, classes, segments)
