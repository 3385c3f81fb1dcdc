"""An image's header in layers: what an enhanced (multi-frame) image says in its functional groups lies above."""

from __future__ import annotations

from typing import Any

from ctdose.exam.dicom.element import items

GROUPS = (  # of an enhanced image: functional groups whose items hold what a single slice has at its top
    "CTAcquisitionTypeSequence",
    "CTAcquisitionDetailsSequence",
    "CTTableDynamicsSequence",
    "CTGeometrySequence",
    "CTPositionSequence",
    "CTExposureSequence",
    "CTXRayDetailsSequence",
    "PlanePositionSequence",
    "PlaneOrientationSequence",
    "PixelMeasuresSequence",
    "CTImageFrameTypeSequence",
    "FrameContentSequence",
    "IrradiationEventIdentificationSequence",
    "FrameAnatomySequence",
)


def groups_of(group: Any) -> list[Any]:
    """The first item of each functional group."""
    return [item for name in GROUPS for item in items(group, name)[:1]]


class Layers:
    """Data sets one above the other: the first that has an element with a value gives it."""

    def __init__(self, layers: list[Any]) -> None:
        self.layers = layers

    def get(self, keyword: str) -> Any:
        """Value of the uppermost layer that has one; None if none has."""
        for layer in self.layers:
            if keyword in layer:
                value = layer.get(keyword)
                if value is not None and value != "":
                    return value
        return None
