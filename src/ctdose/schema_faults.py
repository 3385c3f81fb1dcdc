"""What pydantic found wrong, as faults in one line each."""

from __future__ import annotations

import re
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from ctdose.errors import nearest
from ctdose.faults import ABSENT, Fault, FileFaults, KeyPath
from ctdose.schema import Checked, extra_of, is_number, limit_text, right_text
from ctdose.yaml_reader import Document
from ctdose.yaml_scalars import plain_scalar

ModelT = TypeVar("ModelT", bound=Checked)


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
    if not isinstance(document.data, dict):
        first = next(name for name, field in model.model_fields.items() if field.is_required())
        right = f"Begin with {first}: and the other keys, each at the start of a line."
        raise error(document.file, [Fault((), ABSENT, "such a file is a mapping of keys", right, 1)])
    instance, faults = validate(model, document)
    if instance is None:
        raise error(document.file, faults)
    return instance


def field_at(model: type[BaseModel], path: KeyPath) -> tuple[type[BaseModel], FieldInfo | None]:
    """Find the model that holds the last key of a path, and the key's field; None if it has no such key."""
    owner, field = model, None
    names = [part for part in path if isinstance(part, str)]
    while names:
        name = names.pop(0)
        field = owner.model_fields.get(name)
        if field is None:
            break
        inner = inner_model(field)
        if inner is not None and "dict" in str(field.annotation) and names:
            names.pop(0)  # a name that the user chose
            if not names:
                return inner, None
        if names and inner is None:
            break
        owner = inner if inner is not None and names else owner
    return owner, field


def inner_model(field: FieldInfo) -> type[BaseModel] | None:
    """Give the model inside a field's type, if there is one."""

    def search(annotation: Any) -> type[BaseModel] | None:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            return annotation
        for item in getattr(annotation, "__args__", ()):
            found = search(item)
            if found is not None:
                return found
        return None

    return search(field.annotation)


NUMBERS = frozenset({"float_type", "int_type"})
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
        right = _near_words(value, allowed, field) or right or f"Write one of them: {allowed[0]}."
    elif kind in ("greater_than", "greater_than_equal", "less_than", "less_than_equal"):
        word = {"greater_than": "above", "greater_than_equal": "at least"}.get(kind, "")
        word = word or {"less_than": "below", "less_than_equal": "at most"}[kind]
        why = f"must be {word} {limit_text(next(iter(context.values())))}"
    elif kind == "too_short" and context["min_length"] > 1:
        why = f"must have at least {context['min_length']} entries"
    else:
        why = _WHY.get(kind) or item["msg"][:1].lower() + item["msg"][1:]
        if kind in NUMBERS and isinstance(value, str) and is_number(plain_scalar(value)):
            why = f"{why}; quoted it is text"
    if value is None:
        why = f"{why}; nothing is given"
    return Fault(path, value, why, right, document.line(path))


def _near_words(value: Any, allowed: list[str], field: FieldInfo | None) -> str:
    """What somebody who wrote such a word may have meant; nothing if it is no word."""
    if not isinstance(value, str):
        return ""
    ours = extra_of(field).get("elsewhere", {}).get(" ".join(re.split(r"[\s_-]+", value.lower())))
    return f"Here that is called {ours}." if ours else nearest(value, allowed)


def _near_keys(name: str, owner: type[BaseModel], model: type[BaseModel]) -> str:
    for place, inner in _models_below(model).items():
        if name in inner.model_fields and inner is not owner:
            return f"It belongs under {place}." if place else "It belongs to the top level of the file."
    known = list(owner.model_fields)
    return nearest(name, known)


def _models_below(model: type[BaseModel]) -> dict[str, type[BaseModel]]:
    found: dict[str, type[BaseModel]] = {"": model}
    for name, field in model.model_fields.items():
        inner = inner_model(field)
        if inner is not None:
            found[name] = inner
    return found
