"""Models behind YAML files: fields with unit, range and meaning, and their faults in one line each."""

from __future__ import annotations

import math
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticCustomError, PydanticUndefined

from ctdose.errors import nearest
from ctdose.faults import ABSENT, Fault, FileFaults, KeyPath
from ctdose.yaml_reader import Document

LATER = "not available in this version"


class Checked(BaseModel):
    """Base of all models: no unknown key, no silent conversion, no change after the check."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


ModelT = TypeVar("ModelT", bound=Checked)


def key(
    default: Any = PydanticUndefined,
    *,
    doc: str,
    unit: str = "",
    example: Any = None,
    right: str = "",
    modes: tuple[str, ...] = (),
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
    **limits
        Limits as pydantic knows them: gt, ge, lt, le, min_length, max_length, pattern.
    """
    extra: Any = {"unit": unit, "example": example, "right": right, "modes": list(modes)}
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


def is_number(value: Any) -> bool:
    """Whether a value from YAML is a finite number (true and false are not)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False


WholeNumber = Annotated[int, BeforeValidator(_whole)]
PairMm = Annotated[tuple[float, float], PlainValidator(_pair, json_schema_input_type=list[float])]
Later = Annotated[None, PlainValidator(_refuse_later, json_schema_input_type=None)]


def validate(model: type[ModelT], document: Document) -> tuple[ModelT | None, list[Fault]]:
    """Check a document against a model.

    Parameters
    ----------
    model : type
        A `Checked` model.
    document : Document
        What was read.

    Returns
    -------
    instance : Checked or None
        None if there are faults.
    faults : list of Fault
    """
    try:
        return model.model_validate(document.data), []
    except ValidationError as error:
        details = error.errors(include_url=False)
        return None, [_fault_of(item, model, document) for item in details]


def check_file(model: type[ModelT], document: Document, error: type[FileFaults]) -> ModelT:
    """As `validate`, but raise all faults as `error`."""
    instance, faults = validate(model, document)
    if instance is None:
        raise error(document.file, faults)
    return instance


def field_at(model: type[BaseModel], path: KeyPath) -> tuple[type[BaseModel], FieldInfo | None]:
    """Find the model that holds a key, and the key's field, None if the model has no such key."""
    field: FieldInfo | None = None
    owner = model
    for part in path:
        if not isinstance(part, str):
            continue
        inner = _inner_model(field) if field is not None else None
        if inner is not None:
            owner = inner
        field = owner.model_fields.get(part)
        if field is None:
            break
    return owner, field


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
    return ", ".join(f"{word} {_limit_text(limits[name])}" for name, word in words.items() if name in limits)


def _limit_text(limit: float) -> str:
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
    words = {"int": "a whole number", "float": "a number", "bool": "true or false", "str": "text"}
    for name, word in words.items():
        if name in text:
            return word
    return "a value"


def _inner_model(field: FieldInfo) -> type[BaseModel] | None:
    def search(annotation: Any) -> type[BaseModel] | None:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            return annotation
        for item in getattr(annotation, "__args__", ()):
            found = search(item)
            if found is not None:
                return found
        return None

    return search(field.annotation)


_WHY = {
    "missing": "missing",
    "float_type": "must be a number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "string_type": "must be text",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "dict_type": "must be a mapping of keys",
    "model_type": "must be a mapping of keys",
    "model_attributes_type": "must be a mapping of keys",
    "finite_number": "must be finite",
    "too_short": "must not be empty",
    "too_long": "too many entries",
    "string_too_short": "must not be empty",
    "string_too_long": "too long",
    "string_pattern_mismatch": "not of that form",
}


def _fault_of(item: ErrorDetails, model: type[BaseModel], document: Document) -> Fault:
    path = tuple(part for part in item["loc"] if not (isinstance(part, str) and part.startswith("[")))
    owner, field = field_at(model, path)
    kind, context = item["type"], item.get("ctx", {})
    name = next((str(part) for part in reversed(path) if isinstance(part, str)), "")
    value: Any = ABSENT if kind == "missing" else item["input"]
    right = right_text(field, name)
    if kind == "ctdose":
        why, right = context["why"], context["right"] or right
    elif kind == "extra_forbidden":
        why, right = "unknown key", _near_keys(name, owner, model)
    elif kind in ("literal_error", "enum"):
        allowed = [word.strip().strip("'\"") for word in context["expected"].replace(" or ", ", ").split(",")]
        why = "must be one of " + ", ".join(allowed)
        right = (
            nearest(value, allowed)
            if isinstance(value, str)
            else right or f"Write one of them: {allowed[0]}."
        )
    elif kind in ("greater_than", "greater_than_equal", "less_than", "less_than_equal"):
        word = {"greater_than": "above", "greater_than_equal": "at least"}.get(kind, "")
        word = word or {"less_than": "below", "less_than_equal": "at most"}[kind]
        why = f"must be {word} {_limit_text(next(iter(context.values())))}"
    else:
        why = _WHY.get(kind) or item["msg"][:1].lower() + item["msg"][1:]
    if value is None:
        why = f"{why}; nothing is given"
    return Fault(path, value, why, right, document.line(path))


def _near_keys(name: str, owner: type[BaseModel], model: type[BaseModel]) -> str:
    for place, inner in _models_below(model).items():
        if name in inner.model_fields and inner is not owner:
            return f"It belongs under {place}." if place else "It belongs to the top level of the file."
    known = list(owner.model_fields)
    return nearest(name, known)


def _models_below(model: type[BaseModel]) -> dict[str, type[BaseModel]]:
    found: dict[str, type[BaseModel]] = {"": model}
    for name, field in model.model_fields.items():
        inner = _inner_model(field)
        if inner is not None:
            found[name] = inner
    return found
