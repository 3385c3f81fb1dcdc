"""An acquisition in the making, of one irradiation event: values with their origins, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass, field

from ctdose.exam.dicom.found import Event, Known
from ctdose.exam.dicom.wishes import OPTIONS, Wishes


@dataclass
class AcquisitionDraft:
    """An acquisition in the making.

    Parameters
    ----------
    number : int
        From 1, in the order of time.
    event : Event
    values : dict of str to Known
        In the order of the exam's file.
    nested : dict of str to dict of str to Known
        Mappings of the acquisition, such as ``second_tube``: they follow the values.
    tube_current : Known or None
        The current to simulate, where it is not that of the first tube in the files.
    remarks, missing : list of str
        What the user must know; what has to be given, with the option that gives it.
    """

    number: int
    event: Event
    values: dict[str, Known] = field(default_factory=dict)
    nested: dict[str, dict[str, Known]] = field(default_factory=dict)
    tube_current: Known | None = None
    remarks: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def take(self, wishes: Wishes, key: str) -> Known | None:
        """A value that the user gave, else the one of the files."""
        return wishes.given(key, self.number) or self.event.known.get(key)

    def ask(self, key: str, example: str, why: str = "") -> None:
        """Note that a value has to be given, with its option, an example, and why it is not known."""
        option = OPTIONS[key]
        more = f": {example}" if example else ""
        why = why or self.event.why.get(key, "not in the files")
        self.missing.append(f"{key} ({why}). Give {option}{more}.")
