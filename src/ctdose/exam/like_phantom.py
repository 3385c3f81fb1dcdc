"""A phantom of chosen height and weight, as an exam asks for it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from ctdose.schema import Checked, Later, later
from ctdose.schema import key as declare

INSTEAD = "Write like: with the nearest of the family, for example 5y-male, and height_cm and weight_kg."


class LikePhantom(Checked):
    """A person like one of the stylized family, but of another height and weight: organ doses only."""

    like: str = declare(
        doc="One person of the family; both of an age only as they are", min_length=1, example="adult-female"
    )
    height_cm: float | None = declare(
        None, doc="Height; default: that of the person", unit="cm", gt=0, le=260, example=160
    )
    weight_kg: float | None = declare(
        None, doc="Weight; default: of the same body mass index", unit="kg", gt=0, le=500, example=90
    )
    arms: Literal["raised", "down"] | None = declare(None, doc="Arms; default: raised, outside of the voxels")
    age_y: Later = later(doc="Age between those of the family", instead=INSTEAD)
    sex: Later = later(doc="Sex, with age_y", instead=INSTEAD)

    def given(self) -> dict[str, Any]:
        """What is given, by key."""
        return self.model_dump(exclude_none=True)


def _kind(value: Any) -> str:
    return "[like]" if isinstance(value, dict | LikePhantom) else "[name]"


# Tags in brackets are no keys: faults leave them out of their paths.
PhantomChoice = Annotated[
    Annotated[str, Field(min_length=1), Tag("[name]")] | Annotated[LikePhantom, Tag("[like]")],
    Discriminator(_kind),
]
