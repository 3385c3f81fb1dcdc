"""Models behind YAML files: fields with unit, range and meaning, and their faults in one line each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    field_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError, PydanticUndefined

from ctdose.yaml_scalars import CONTROL_CHARACTER, holds_control_character

LATER = "not available in this version"


class Checked(BaseModel):
    """Base of all models: no unknown key, no silent conversion, no change after the check."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _is_text(cls, value: Any) -> Any:
        """Not only YAML brings texts: a cell of a table does too."""
        if isinstance(value, str) and holds_control_character(value):
            raise fault(*CONTROL_CHARACTER)
        return value


def key(
    default: Any = PydanticUndefined,
    *,
    doc: str,
    unit: str = "",
    example: Any = None,
    right: str = "",
    modes: tuple[str, ...] = (),
    elsewhere: Mapping[str, str] | None = None,
    **limits: Any,
) -> Any:
    """Declare one key of a file.

    Parameters
    ----------
    default : object
        Its default; without one the key is required.
    doc : str
        What it means, for the key table.
    unit : str
        Its unit; empty for a pure number or text.
    example : object
        Shown in messages and in the key table.
    right : str
        Overrides the sentence that says what would be right.
    modes : tuple of str
        Scan modes it belongs to; empty: all.
    elsewhere : mapping of str to str, optional
        What others (DICOM, a vendor) call one of its words, in lower case, to that word.
    **limits
        Limits as pydantic knows them: gt, ge, lt, le, min_length, max_length, pattern.
    """
    extra: Any = {"unit": unit, "example": example, "right": right, "modes": list(modes)}
    extra |= {"elsewhere": dict(elsewhere)} if elsewhere else {}
    factory = {"default_factory": default} if callable(default) else {"default": default}
    return Field(**factory, description=doc, json_schema_extra=extra, **limits)


def later(*, doc: str, instead: str) -> Any:
    """Declare a key that a later version gives an effect; here it is refused unless empty."""
    extra: Any = {"unit": "", "example": None, "right": instead, "modes": [], "later": True}
    return Field(default=None, description=doc, json_schema_extra=extra)


def fault(why: str, right: str) -> PydanticCustomError:
    """Make the error that a validator raises: why the value is wrong, and what would be right."""
    return PydanticCustomError("ctdose", "{why}", {"why": why, "right": right})


def _whole(value: Any) -> Any:
    """Accept 1e7 where a whole number is wanted: it is one, though YAML gives a float."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _pair(value: Any) -> tuple[float, float]:
    right = "Write two numbers of mm, for example [-100, 150]."
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise fault("must be two numbers in mm", right)
    if not all(is_number(item) for item in value):
        raise fault("both must be finite numbers", right)
    if max(abs(float(item)) for item in value) > 1e4:
        raise fault("beyond ±10000 mm", right)
    return float(value[0]), float(value[1])


def _refuse_later(value: Any) -> None:
    if value is not None:
        raise fault(LATER, "")


def _as_is(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def is_number(value: Any) -> bool:
    """Whether a value from YAML is a finite number (true and false are not)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False


WholeNumber = Annotated[int, BeforeValidator(_whole)]
AS_IS = PlainSerializer(_as_is)
"""Beside a PlainValidator: pydantic's own serializer takes the tuple in JSON mode for a list and warns."""
PairMm = Annotated[tuple[float, float], PlainValidator(_pair, json_schema_input_type=list[float]), AS_IS]
Later = Annotated[None, PlainValidator(_refuse_later, json_schema_input_type=None)]


def extra_of(field: FieldInfo | None) -> dict[str, Any]:
    """Unit, example, right and modes of a field."""
    extra = field.json_schema_extra if field is not None else None
    return dict(extra) if isinstance(extra, dict) else {}


def limits_of(field: FieldInfo) -> dict[str, Any]:
    """Limits of a field by pydantic's names, for example ``{"gt": 0}``."""
    names = ("gt", "ge", "lt", "le", "min_length", "max_length", "pattern")
    found: dict[str, Any] = {}
    for constraint in field.metadata:
        for name in names:
            limit = getattr(constraint, name, None)
            if limit is not None:
                found[name] = limit
    return found


def range_text(field: FieldInfo) -> str:
    """Say the range of a number: "above 0, at most 4"."""
    limits = limits_of(field)
    words = {"gt": "above", "ge": "at least", "lt": "below", "le": "at most"}
    return ", ".join(f"{word} {limit_text(limits[name])}" for name, word in words.items() if name in limits)


def limit_text(limit: float) -> str:
    """Format a limit."""
    return str(limit) if isinstance(limit, int) else f"{limit:g}"


def right_text(field: FieldInfo | None, name: str = "") -> str:
    """Say what would be right for a key."""
    extra = extra_of(field)
    if field is None or extra.get("right"):
        return str(extra.get("right", ""))
    example = extra.get("example")
    unit = f" in {extra['unit']}, without the unit" if extra.get("unit") else ""
    limits = range_text(field)
    kind = _kind(field)
    shown = f", for example {name + ': ' if name else ''}{example}" if example is not None else ""
    return f"Write {kind}{unit}{', ' + limits if limits else ''}{shown}."


def _kind(field: FieldInfo) -> str:
    text = str(field.annotation)
    if _holds_model(
        field.annotation
    ):  # first: its name, and the names in a mapping of it, say nothing of the kind
        a_list = "a list, each entry beginning with -"
        return a_list if "list[" in text else "its keys below it, indented by two spaces"
    words = {"int": "a whole number", "float": "a number", "bool": "true or false", "str": "text"}
    return next((word for name, word in words.items() if name in text), "a value")


def _holds_model(annotation: Any) -> bool:
    """Whether a type, or a type within it, is a model."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return True
    return any(_holds_model(item) for item in getattr(annotation, "__args__", ()))
