"""The parts of a result file: name, type, shape and unit of every dataset, for the writer, the reader and the docs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ctdose.dosimetry.systematic_parts import PARTS as PARTS_OF_ERROR

FORMAT = "ctdose-result"
FORMAT_VERSION = "1.1"
TEXT = "text"

Columns = Mapping[str, tuple[str, str]]
"""Type and unit by column."""

ORGAN_COLUMNS: Columns = {
    "organ_id": ("i4", "1"),
    "name": (TEXT, "1"),
    "icrp103_tissue": (TEXT, "1"),
    "snomed": (TEXT, "1"),
    "mass_g": ("f8", "g"),
    "reference_mass_g": ("f8", "g"),
    "absorbed_dose_mgy": ("f8", "mGy"),
    "standard_error_mgy": ("f8", "mGy"),
    "systematic_error_mgy": ("f8", "mGy"),
    "mass_in_range_fraction": ("f8", "1"),
    "partial": ("u1", "1"),
    "note": (TEXT, "1"),
}
ADDED_ORGAN_COLUMNS: Columns = {
    "over_ranging_fraction": ("f8", "1"),
    "over_ranging_fraction_standard_error": ("f8", "1"),
    **{f"{name}_error_mgy": ("f8", "mGy") for name in PARTS_OF_ERROR},
}
"""Not in early files."""
WEIGHTED_COLUMNS: Columns = {
    "name": (TEXT, "1"),
    "over_ranging_fraction": ("f8", "1"),
    "over_ranging_fraction_standard_error": ("f8", "1"),
    **{f"{name}_error_msv": ("f8", "mSv") for name in PARTS_OF_ERROR},
}
BIN_COLUMNS: Columns = {
    "acquisition": ("i4", "1"),
    "beam": ("i4", "1"),
    "z_start_mm": ("f8", "mm"),
    "z_end_mm": ("f8", "mm"),
    "angle_start_deg": ("f8", "deg"),
    "angle_end_deg": ("f8", "deg"),
    "mas": ("f8", "mAs"),
    "open_share": ("f8", "1"),
    "photon_share": ("f8", "1"),
}
PIECE_COLUMNS: Columns = {
    "z_start_mm": ("f8", "mm"),
    "z_end_mm": ("f8", "mm"),
    "angle_start_rad": ("f8", "rad"),
    "angle_span_rad": ("f8", "rad"),
    "angle_is_random": ("u1", "1"),
    "mas": ("f8", "mAs"),
}
BLADE_COLUMNS = ("blade_low_start", "blade_high_start", "blade_low_end", "blade_high_end")
"""The four numbers of `ViewPiece.blades`, in half openings from the middle of the collimator."""
ADDED_PIECE_COLUMNS: Columns = {"beam": ("i4", "1"), **dict.fromkeys(BLADE_COLUMNS, ("f8", "1"))}
"""Written since format 1.1; a file without them has one beam in each acquisition, and no moving blades."""
BEAM_COLUMNS: Columns = {
    "tube": (TEXT, "1"),
    "tube_voltage_kv": ("f8", "kV"),
    "bowtie": (TEXT, "1"),
    "filter": (TEXT, "1"),
    "ctdi_w_mgy_per_100mas": ("f8", "mGy"),
    "photons_per_mas": ("f8", "1/mAs"),
    "calibration_id": (TEXT, "1"),
    "calibration_relative_standard_error": ("f8", "1"),
    "hvl_mm_al": ("f8", "mm"),
    "mean_energy_kev": ("f8", "keV"),
}
SIZE_COLUMNS: Columns = {
    "z_mm": ("f8", "mm"),
    "length_mm": ("f8", "mm"),
    "water_equivalent_diameter_cm": ("f8", "cm"),
    "ctdi_vol_mgy": ("f8", "mGy"),
    "ssde_mgy": ("f8", "mGy"),
    "truncated": ("u1", "1"),
}
MATERIAL_COLUMNS: Columns = {"name": (TEXT, "1"), "density_g_cm3": ("f8", "g/cm3")}
SOURCE_COLUMNS: Columns = {"key": (TEXT, "1"), "source": (TEXT, "1")}
MEMBER_COLUMNS: Columns = {"group": (TEXT, "1"), "organ": (TEXT, "1")}


@dataclass(frozen=True)
class Part:
    """One dataset of the file.

    Parameters
    ----------
    path : str
        ``*`` stands for the number of an acquisition or the name of a body.
    kind : str or Columns
        numpy type, ``text``, or the columns of a table.
    shape : tuple of str and int
        Equal words mean equal lengths within one body or acquisition; empty: one text.
    unit : str
        Of a table: of its columns, in order.
    optional : bool
    added : Columns
        Of a table: columns that early files do not have.
    """

    path: str
    kind: str | Columns
    shape: tuple[str | int, ...]
    unit: str
    optional: bool = False
    added: Columns = field(default_factory=dict)

    def units_of(self, data: str | np.ndarray) -> str:
        """The unit of the data; of a table, those of the columns that it has."""
        if isinstance(data, str) or data.dtype.names is None or isinstance(self.kind, str):
            return self.unit
        known = {**self.kind, **self.added}
        return ", ".join(known[name][1] for name in data.dtype.names)

    def matches(self, path: str) -> bool:
        """Whether a path of a file is this part."""
        return re.fullmatch(self.path.replace("*", "[^/]+"), path) is not None

    def scope(self, path: str) -> str:
        """Within which the words of the shape hold: the path down to the last body or acquisition."""
        depth = max((i for i, name in enumerate(self.path.split("/")) if name == "*"), default=0)
        return "/".join(path.split("/")[: depth + 1])

    @property
    def is_grid(self) -> bool:
        """Whether it is given on the voxels."""
        return self.shape == ("z", "y", "x")


def _table(
    path: str, columns: Columns, row: str, *, optional: bool = False, added: Columns | None = None
) -> Part:
    return Part(path, columns, (row,), ", ".join(unit for _, unit in columns.values()), optional, added or {})


BODY = "/bodies/*"
PARTS = (
    Part("/provenance/exam_yaml", TEXT, (), "1"),
    Part("/provenance/scanner_yaml", TEXT, (), "1"),
    _table("/provenance/sources", SOURCE_COLUMNS, "sources", optional=True),
    Part("/acquisitions/*/spectrum_kev", "f8", ("energies",), "keV"),
    Part("/acquisitions/*/spectrum_weight", "f8", ("energies",), "1"),
    _table("/acquisitions/*/beams", BEAM_COLUMNS, "beams", optional=True),
    _table("/acquisitions/*/bodies/*/pieces", PIECE_COLUMNS, "pieces", added=ADDED_PIECE_COLUMNS),
    _table("/acquisitions/*/bodies/*/size", SIZE_COLUMNS, "slices", optional=True),
    Part("/acquisitions/*/bodies/*/beam_mas", "f8", ("beams",), "mAs", optional=True),
    *(Part(f"{BODY}/{axis}", "f8", (axis,), "mm") for axis in "zyx"),
    _table(f"{BODY}/organs", ORGAN_COLUMNS, "organs", added=ADDED_ORGAN_COLUMNS),
    _table(f"{BODY}/tissues", ORGAN_COLUMNS, "tissues", added=ADDED_ORGAN_COLUMNS),
    _table(f"{BODY}/weighted", WEIGHTED_COLUMNS, "weighted", optional=True),
    _table(f"{BODY}/views/bins", BIN_COLUMNS, "views", optional=True),
    Part(f"{BODY}/views/names", TEXT, ("view_rows",), "1", optional=True),
    Part(f"{BODY}/views/dose", "f4", ("views", "view_rows"), "mGy or mSv", optional=True),
    Part(f"{BODY}/views/standard_error", "f4", ("views", "view_rows"), "mGy or mSv", optional=True),
    _table(f"{BODY}/groups", MEMBER_COLUMNS, "members", optional=True),
    Part(f"{BODY}/dose/absorbed_dose_mgy", "f4", ("z", "y", "x"), "mGy", optional=True),
    Part(f"{BODY}/dose/relative_standard_error", "f4", ("z", "y", "x"), "1", optional=True),
    Part(f"{BODY}/dose/effective_dose_map_msv", "f4", ("z", "y", "x"), "mSv", optional=True),
    Part(f"{BODY}/phantom/organ_index", "u2", ("z", "y", "x"), "1"),
    Part(f"{BODY}/phantom/material_index", "u1", ("z", "y", "x"), "1"),
    _table(f"{BODY}/phantom/materials", MATERIAL_COLUMNS, "materials"),
    Part("/batches/*/numbers", "i8", ("batches",), "1"),
    Part("/batches/*/rows", "i8", ("batches", "acquisitions", "rows", 2), "2^-20 keV, 2^-24 keV^2"),
    Part("/batches/*/row_names", TEXT, ("rows",), "1"),
    Part("/batches/*/row_scale", "f8", ("rows",), "mGy or mSv per keV per history"),
)


def part_of(path: str) -> Part | None:
    """The part that a dataset is; None for one that this version does not know."""
    return next((part for part in PARTS if part.matches(path)), None)


def fits(dtype: np.dtype, kind: str | Columns) -> bool:
    """Whether a declared type is the one of a part; a table may have more columns than are known."""
    if isinstance(kind, str):
        if kind == TEXT:
            return dtype.kind in "SO"
        return dtype.newbyteorder("=") == np.dtype(kind)
    if dtype.names is None:
        return False
    return all(name in dtype.names and fits(dtype[name], of) for name, (of, _) in kind.items())
