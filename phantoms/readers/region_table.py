"""The table ``organs`` of a reader's YAML file: which number is which organ, of which material."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeVar

from pydantic import field_validator, model_validator

from ctdose.errors import nearest
from ctdose.faults import ABSENT, Fault, FileFaults
from ctdose.phantoms.tissues import ICRP103_TISSUES
from ctdose.physics.materials import Material
from ctdose.schema import Checked, WholeNumber, fault, key
from ctdose.schema_faults import check_file
from ctdose.yaml_reader import read_yaml

ModelT = TypeVar("ModelT", bound=Checked)
MAX_NUMBER = (1 << 20) - 1


class Person(Checked):
    """Who the phantom stands for; never a reference person."""

    sex: Literal["male", "female"] = key(doc="Sex", example="male")
    age: str = key("adult", doc="Age", example="5y", min_length=1, max_length=20)
    height_cm: float | None = key(None, doc="Height", unit="cm", gt=0, le=300)
    weight_kg: float | None = key(None, doc="Body mass", unit="kg", gt=0, le=500)
    arms: Literal["down", "raised"] = key("down", doc="raised: outside of the voxels")


class NumberedOrgan(Checked):
    """One number of the voxels or of the mesh; numbers of one name are one organ."""

    id: WholeNumber = key(doc="Number in the file", ge=0, le=MAX_NUMBER, example=95)
    name: str = key(
        doc="Organ",
        pattern=r"^[a-z0-9][a-z0-9_]*$",
        max_length=80,
        example="left_lung",
        right="Write a short name in lower case with underscores, for example left_lung.",
    )
    tissue: str | None = key(None, doc="Tissue of ICRP 103 that it belongs to", example="lung")
    snomed: str | None = key(None, doc="SNOMED CT code, in quotes", max_length=20)
    material: str | None = key(None, doc="Material of the catalogue", example="water")
    mass_fractions: dict[str, float] | None = key(
        None,
        doc="Composition instead",
        right="Write element: mass fraction, for example {H: 0.112, O: 0.888}.",
    )
    density_g_cm3: float | None = key(
        None, doc="Density; default: the material's", unit="g/cm3", gt=0, le=30, example=1.05
    )
    note: str = key("", doc="What is approximate about it", max_length=500)

    @field_validator("tissue")
    @classmethod
    def _tissue(cls, tissue: str | None) -> str | None:
        if tissue is not None and tissue not in ICRP103_TISSUES:
            raise fault("no tissue of ICRP 103", nearest(tissue, ICRP103_TISSUES))
        return tissue

    @field_validator("material")
    @classmethod
    def _material(cls, material: str | None) -> str | None:
        try:
            return None if material is None else Material(material).name
        except ValueError as error:
            raise fault("no material of the catalogue", str(error).rpartition(") ")[2]) from None

    @model_validator(mode="after")
    def _one_composition(self) -> NumberedOrgan:
        if (self.material is None) == (self.mass_fractions is None):
            raise fault("needs either material or mass_fractions", "Give one, for example material: water.")
        if self.mass_fractions is not None and self.density_g_cm3 is None:
            raise fault("mass_fractions without density_g_cm3", "Give the density in g/cm3.")
        try:
            self.make_material()
        except ValueError as error:
            raise fault(str(error).rstrip("."), "") from None
        return self

    def make_material(self) -> Material:
        """Make its material."""
        if self.mass_fractions is not None and self.density_g_cm3 is not None:
            return Material.from_mass_fractions(
                self.name, self.mass_fractions, density_g_cm3=self.density_g_cm3
            )
        material = Material(str(self.material))
        return material if self.density_g_cm3 is None else material.with_density(self.density_g_cm3)


def read_described(path: str | Path, model: type[ModelT], error: type[FileFaults]) -> ModelT:
    """Read a YAML file and check it against its model; all faults are raised as `error`."""
    document = read_yaml(path, error)
    if not isinstance(document.data, dict):
        keys = ", ".join(list(model.model_fields)[-3:])
        raise error(
            document.file, [Fault((), ABSENT, "no keys in it", f"Write key: value lines, of {keys}.", 1)]
        )
    return check_file(model, document, error)
