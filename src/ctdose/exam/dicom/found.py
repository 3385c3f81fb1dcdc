"""What was found of an examination: each value with the place that it came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

HEADER = "header"
TRAVEL = ", table travel"


@dataclass(frozen=True)
class Known:
    """A value and where it came from.

    Parameters
    ----------
    value : object
        A number, a word, a pair of numbers.
    origin : str
        Such as ``header (0018,0060) KVP``, ``dose report 113733 KVP``, ``default``; it stands beside the value in
        the exam.
    """

    value: Any
    origin: str


@dataclass
class Event:
    """One irradiation event, as images or a dose report tell it. What is not known is not in `known`.

    Parameters
    ----------
    known : dict of str to Known
        ``mode``, ``tube_voltage_kv``, ``collimation_mm``, ``pitch``, ``rotation_time_s``, ``table_increment_mm``,
        ``rotations``, ``tube_current_ma``, ``ctdi_vol_mgy``, ``ctdi_phantom_cm``, ``dlp_mgy_cm``, ``length_mm`` (of
        what was to be imaged), ``z_range_mm``, ``isocentre_mm``, ``gantry_tilt_deg``, ``filter_material``,
        ``second_tube_voltage_kv``, ``second_tube_current_ma``, ``switched_tube_voltage_kv``,
        ``switched_tube_current_ma`` (then ``tube_current_ma`` is that of the first tube or voltage), ``region``,
        ``irradiation_event_uid``.
    remarks : list of str
        What the user has to know of it, one line each; never a name, an identifier or a free text of the file.
    why : dict of str to str
        Why a value that the files state is not used, by its key.
    currents : list of (float, float)
        z in mm and tube current in mA of each slice, z rising.
    uids : frozenset of str
        Its irradiation event UIDs, to find it again in the dose report.
    """

    known: dict[str, Known] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    why: dict[str, str] = field(default_factory=dict)
    currents: list[tuple[float, float]] = field(default_factory=list)
    uids: frozenset[str] = frozenset()

    def value(self, name: str) -> Any:
        """A value, None if it is not known."""
        return self.known[name].value if name in self.known else None

    @property
    def is_travel(self) -> bool:
        """Whether `length_mm` is table travel with the beam on, over-ranging included."""
        return self.value("length_mm") is not None and self.known["length_mm"].origin.endswith(TRAVEL)

    @property
    def has_images(self) -> bool:
        """Whether slices told anything of it."""
        return any(known.origin.startswith(HEADER) for known in self.known.values())

    def refuse(self, name: str, why: str) -> None:
        """Do not use a value: say why in a remark, and where the value is asked for."""
        self.known.pop(name, None)
        self.why[name] = why
        self.remarks.append(f"{name}: {why}; not used")

    def put(self, name: str, value: Any, origin: str) -> None:
        """Add a value unless it is None."""
        if value is not None:
            self.known[name] = Known(value, origin)


@dataclass
class Examination:
    """All irradiation events in the order of time, and remarks that concern no single one.

    Parameters
    ----------
    events : list of Event
    remarks : list of str
        One line each.
    person : dict of str to Known
        ``age_years``, ``sex``, ``height_cm``, ``weight_kg`` as far as known; used only on request.
    """

    events: list[Event] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    person: dict[str, Known] = field(default_factory=dict)
