"""The patient table of a scanner: its cross section, the same all along."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import model_validator

from ctdose.schema import Checked, fault, key

if TYPE_CHECKING:
    from ctdose.phantoms.couch_shape import CouchShape


class Layer(Checked):
    """What a part of the table is made of."""

    material: str = key(doc="Name of its material", min_length=1, example="graphite")
    density_g_cm3: float = key(doc="Its density here", unit="g/cm3", gt=0, le=20, example=1.5)


class Wall(Layer):
    """The skin around the core."""

    thickness_mm: float = key(
        doc="Its thickness, at the top and at the bottom", unit="mm", gt=0, le=20, example=1.2
    )


class Couch(Checked):
    """A table top: two skins around a core, flat or a cradle.

    The top is an arc of a circle about an axis along z, `sag_mm` deep over the full width; 0 is flat. Thicknesses
    are straight down, the same at every place across.
    """

    width_mm: float = key(doc="Extent from side to side", unit="mm", ge=100, le=1000, example=430)
    thickness_mm: float = key(doc="Skins and core together", unit="mm", gt=0, le=200, example=25)
    sag_mm: float = key(
        0.0, doc="How much lower its middle lies than its edges", unit="mm", ge=0, le=300, example=40
    )
    gap_mm: float = key(
        0.0, doc="Mattress between the table and the body, taken as air", unit="mm", ge=0, le=100, example=10
    )
    wall: Wall = key(doc="The skins")
    core: Layer = key(doc="What is between the skins")
    source: str = key(doc="Where the values come from")
    verified: bool = key(True, doc="Whether that source was read")

    @model_validator(mode="after")
    def _fits(self) -> Couch:
        if 2 * self.wall.thickness_mm > self.thickness_mm:
            raise fault(
                "its two walls are thicker than the table", "Write a greater thickness_mm, or thinner walls."
            )
        if self.sag_mm > self.width_mm / 2:
            raise fault("it is deeper than half of its width", "Write a smaller sag_mm; 0 is a flat table.")
        return self

    def shape(self) -> CouchShape:
        """Give the table as the phantoms' builder takes it, its materials looked up."""
        from ctdose.phantoms.couch_shape import CouchShape
        from ctdose.physics.materials import Material

        return CouchShape(
            width_mm=self.width_mm,
            thickness_mm=self.thickness_mm,
            sag_mm=self.sag_mm,
            gap_mm=self.gap_mm,
            wall_mm=self.wall.thickness_mm,
            wall=Material(self.wall.material).with_density(self.wall.density_g_cm3),
            core=Material(self.core.material).with_density(self.core.density_g_cm3),
        )

    @property
    def areal_density_g_cm2(self) -> float:
        """Mass per area of skins and core together, g/cm², straight down."""
        from ctdose.phantoms.couch_shape import areal_density_g_cm2

        return areal_density_g_cm2(self.shape())
