"""What a tube may have beyond an anode: focal spots, off-focal radiation, additional filters, a second tube."""

from __future__ import annotations

from pydantic import field_validator

from ctdose.schema import Checked, fault, key

THICKEST_MM = 100.0


class FocalSpot(Checked):
    """One focal spot, effective, as seen along the central ray."""

    width_mm: float = key(doc="Extent across the fan", unit="mm", gt=0, le=5, example=0.9)
    length_mm: float = key(doc="Extent along the rotation axis", unit="mm", gt=0, le=5, example=0.8)
    source: str = key("", doc="Where the values come from")
    verified: bool = key(True, doc="Whether that source was read")


class OffFocal(Checked):
    """Photons that come from around the focal spot, from a Gaussian patch."""

    fraction: float = key(doc="Share of the photons through the collimator", ge=0, lt=0.5, example=0.05)
    sigma_mm: float = key(doc="Standard deviation of the patch", unit="mm", gt=0, le=50, example=10)
    source: str = key(doc="Where the values come from")
    verified: bool = key(True, doc="Whether that source was read")


class Filter(Checked):
    """An additional flat filter, in front of the inherent filtration."""

    thickness_mm: dict[str, float] = key(
        doc="Thickness by material",
        unit="mm",
        right="Write material: thickness in mm, for example {tin: 0.6}.",
    )
    source: str = key("", doc="Where the values come from")
    verified: bool = key(True, doc="Whether that source was read")

    @field_validator("thickness_mm")
    @classmethod
    def _some(cls, layers: dict[str, float]) -> dict[str, float]:
        if not layers:
            raise fault("needs a material", "For example {tin: 0.6}.")
        return checked_thickness(layers)


class SecondTube(Checked):
    """The second tube of a dual-source scanner, with the generator and the anode of the first."""

    angle_offset_deg: float = key(
        doc="How far it is ahead of the first in the direction of rising gantry angle",
        unit="deg",
        gt=0,
        lt=360,
        example=95,
    )
    fan_angle_deg: float = key(
        doc="Full fan angle, symmetric about its central ray", unit="deg", gt=1, lt=120, example=35.5
    )
    bowties: list[str] = key(doc="Names of the bowties it has", min_length=1, example=["body"])
    filters: list[str] = key(list, doc="Names of the additional filters it has", example=["tin-0.6"])
    source: str = key(doc="Where the values come from")
    verified: bool = key(True, doc="Whether that source was read")


def checked_thickness(layers: dict[str, float]) -> dict[str, float]:
    """Give back filters by material, mm, none of them negative or absurd."""
    if any(not 0 <= thickness <= THICKEST_MM for thickness in layers.values()):
        raise fault(
            f"every thickness must lie between 0 and {THICKEST_MM:g} mm", "For example {aluminium: 7.0}."
        )
    return layers
