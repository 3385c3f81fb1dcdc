"""How the images of a study are made, and where their noise is taken: the key `noise`."""

from __future__ import annotations

from typing import Literal

from ctdose.imaging.detector import Kind
from ctdose.imaging.filter_kernel import Window
from ctdose.schema import Checked, key

CENTRE = "centre"
Detail = Literal["iodine", "calcium", "fat", "soft tissue", "lung lesion"]
DISSOLVED = ("iodine", "calcium")


class NoiseKeys(Checked):
    """Image noise; equal in all variants but for what the exam changes."""

    acquisition: str | None = key(
        None,
        doc="The acquisition whose images are compared; default: the first that rotates",
        example="chest",
    )
    region: str = key(
        CENTRE,
        doc="Where: centre (of the body, over the scan range), or an organ, slice by slice",
        min_length=1,
        example="liver",
    )
    detail: Detail | None = key(
        None, doc="Detail whose contrast-to-noise ratio is compared too; default: none", example="iodine"
    )
    concentration_mg_per_ml: float = key(
        1.0, doc="Of iodine or calcium", unit="mg/ml", gt=0, le=1000, example=5
    )
    slice_thickness_mm: float = key(5.0, doc="Thickness of the slices", unit="mm", gt=0, le=50, example=5)
    window: Window = key("hann", doc="Window on the ramp filter of the reconstruction")
    cutoff_per_cm: float = key(
        7.0,
        doc="Spatial frequency above which the kernel passes nothing",
        unit="1/cm",
        gt=0,
        le=100,
        example=7,
    )
    detector: Kind = key("energy-integrating", doc="What the detector adds up")
    detector_material: str | None = key(
        None,
        doc="What absorbs; default: gadolinium_oxysulfide, of a counting detector cadmium_telluride",
        example="cadmium_telluride",
    )
    detector_thickness_mm: float | None = key(
        None,
        doc="Its thickness; default: 1.4, of a counting detector 1.6",
        unit="mm",
        gt=0,
        le=20,
        example=1.4,
    )
    threshold_kev: float = key(
        20.0, doc="Photons below are not counted (photon-counting)", unit="keV", ge=0, le=150, example=25
    )
    electronic_noise_kev: float = key(
        0.0,
        doc="Standard deviation of one element's signal in one view (energy-integrating)",
        unit="keV",
        ge=0,
        le=1e6,
        example=300,
    )
    scatter_to_primary: float = key(
        0.0, doc="Scattered over primary signal at the detector", ge=0, le=10, example=0.1
    )
