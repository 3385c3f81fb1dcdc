"""How the tube current is modulated: the key `modulation` of an acquisition."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, PlainValidator, Tag

from ctdose.schema import AS_IS, Checked, fault, is_number
from ctdose.schema import key as declare

LONGITUDINAL_STRENGTH = 1.0
"""Current in proportion to the attenuation: equal image noise in every slice of filtered backprojection."""
ANGULAR_STRENGTH = 0.5
"""Current in proportion to the root of the attenuation: the least noise for a given mAs (Gies et al., Med. Phys. 26
(1999) 2235-2247; Kalender et al., Med. Phys. 26 (1999) 2248-2253)."""
MODULATIONS = ("longitudinal", "angular", "organ", "ecg")
MOST_ROWS = 2000
MOST_ANGLES = 720
LIST_RIGHT = (
    "Write modulation: [] or some of longitudinal, angular, organ, ecg, or a mapping: {table: FILE.csv}."
)


def _words(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise fault("neither a list nor a mapping", LIST_RIGHT)
    for item in value:
        if not isinstance(item, str) or item not in MODULATIONS:
            raise fault(f"unknown modulation {item if isinstance(item, str) else ''}".rstrip(), LIST_RIGHT)
    if len(set(value)) < len(value):
        raise fault("names a modulation twice", "Keep each once.")
    return tuple(value)


def _rising(values: list[float] | None) -> list[float] | None:
    if values is not None and any(b <= a for a, b in pairwise(values)):
        raise fault("does not rise", "Sort the rows; write every value once.")
    return values


def _angles(values: list[float] | None) -> list[float] | None:
    if values is not None and not all(0 <= angle < 360 for angle in values):
        raise fault(
            "an angle is not from 0 to below 360 deg", "Write gantry angles such as [0, 90, 180, 270]."
        )
    return _rising(values)


def _currents(value: Any) -> tuple[Any, ...] | None:
    """Numbers for each z, or for each z a list with one number for each angle."""
    if value is None:
        return None
    right = "Write one current in mA for each z_mm, or with angle_deg a list of currents for each z_mm."
    if not isinstance(value, list | tuple) or not value or len(value) > MOST_ROWS:
        raise fault("must be a list of currents", right)
    rows = [row if isinstance(row, list | tuple) else [row] for row in value]
    numbers = [item for row in rows for item in row]
    if not numbers or not all(is_number(item) for item in numbers):
        raise fault("a current is not a number", right)
    if not all(0 < float(item) <= 5000 for item in numbers):
        raise fault("a current is not above 0 and at most 5000 mA", right)
    return tuple(tuple(map(float, row)) if isinstance(row, list | tuple) else float(row) for row in value)


def _plain_lists(value: Any) -> Any:
    return [_plain_lists(item) for item in value] if isinstance(value, tuple) else value


Rising = Annotated[list[float], AfterValidator(_rising)]
Angles = Annotated[list[float], AfterValidator(_angles)]
Currents = Annotated[
    tuple[Any, ...] | None,
    PlainValidator(_currents, json_schema_input_type=list[float] | list[list[float]] | None),
    AS_IS,
]


class OrganModulation(Checked):
    """Less current while the tube is in front of the patient, to spare lenses, thyroid or breast."""

    sector_deg: float = declare(
        120.0, doc="Width of the sector with less current", unit="deg", ge=10, le=350, example=120
    )
    relative_current: float = declare(
        0.25,
        doc="Current in the sector over that of the same scan without the reduction",
        ge=0.01,
        lt=1,
        example=0.25,
    )
    centre_deg: float = declare(
        0.0,
        doc="Gantry angle of the middle of the sector; 0: in front",
        unit="deg",
        ge=-360,
        le=360,
        example=0,
    )
    compensation: bool = declare(
        True, doc="The rest of the rotation takes over what the sector loses: the mean stays as it is"
    )


class ModulationOptions(Checked):
    """Tube current modulation in full; a list of words takes the defaults of each."""

    longitudinal_strength: float | None = declare(
        None,
        doc="Longitudinal: mA ∝ exp(strength · μ_water · D_w(z)); 1: equal noise (the word longitudinal)",
        gt=0,
        le=2,
        example=LONGITUDINAL_STRENGTH,
    )
    angular_strength: float | None = declare(
        None,
        doc="Angular: mA ∝ exp(strength · attenuation of the central ray); 0.5: least noise (the word angular)",
        gt=0,
        le=2,
        example=ANGULAR_STRENGTH,
    )
    organ: OrganModulation | None = declare(
        None,
        doc="Organ-based: a sector with less current",
        right="Write a mapping, for example organ: {sector_deg: 120, relative_current: 0.25}.",
    )
    table: str | None = declare(
        None,
        doc="CSV file with the columns z_mm, tube_current_ma and, if it depends on it, angle_deg",
        min_length=1,
        example="currents.csv",
    )
    z_mm: Rising | None = declare(
        None,
        doc="Table: z of the beam's centre",
        unit="mm",
        min_length=2,
        max_length=MOST_ROWS,
        example=[0, 300],
        right="Write a list of rising z in mm, for example z_mm: [0, 300].",
    )
    angle_deg: Angles | None = declare(
        None,
        doc="Table: gantry angles",
        unit="deg",
        min_length=2,
        max_length=MOST_ANGLES,
        example=[0, 90, 180, 270],
        right="Write a list of rising gantry angles in deg, for example angle_deg: [0, 90, 180, 270].",
    )
    tube_current_ma: Currents = declare(
        None, doc="Table: a current for each z_mm, or for each z_mm one for each angle_deg", unit="mA"
    )

    @property
    def has_table(self) -> bool:
        """Whether the current is given as a table."""
        return self.table is not None or self.z_mm is not None

    @property
    def empty(self) -> bool:
        """Whether nothing is modulated."""
        return not (self.has_table or self.longitudinal_strength or self.angular_strength or self.organ)


def options_of_words(words: tuple[str, ...]) -> ModulationOptions:
    """The modulation that a list of words stands for; that by the ECG is described by the key `ecg`."""
    return ModulationOptions(
        longitudinal_strength=LONGITUDINAL_STRENGTH if "longitudinal" in words else None,
        angular_strength=ANGULAR_STRENGTH if "angular" in words else None,
        organ=OrganModulation() if "organ" in words else None,
    )


def _kind(value: Any) -> str:
    return "[options]" if isinstance(value, dict | ModulationOptions) else "[words]"


Words = Annotated[
    tuple[str, ...],
    PlainValidator(
        _words, json_schema_input_type=tuple[Literal["longitudinal", "angular", "organ", "ecg"], ...]
    ),
    AS_IS,
]

# Tags in brackets are no keys: faults leave them out of their paths.
ModulationChoice = Annotated[
    Annotated[Words, Tag("[words]")] | Annotated[ModulationOptions, Tag("[options]")], Discriminator(_kind)
]


def modulation_options(choice: tuple[str, ...] | ModulationOptions) -> ModulationOptions:
    """Every option of a modulation, whichever way it was written."""
    return choice if isinstance(choice, ModulationOptions) else options_of_words(choice)
