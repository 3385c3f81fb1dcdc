"""A study: a base exam, and what is changed in it. Immutable; made by `load_study`."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import PlainValidator

from ctdose.faults import value_text
from ctdose.schema import Checked, WholeNumber, fault, key
from ctdose.study.noise_keys import NoiseKeys

MOST_VARIANTS = 64
BASE_RIGHT = "Write a name of `ctdose exam list`, an exam's file, or the exam itself below it."


def _base(value: Any) -> str | dict[str, Any]:
    if isinstance(value, str) and value.strip():
        return value
    if isinstance(value, dict) and value:
        return value
    raise fault("neither an exam's name or file, nor an exam", BASE_RIGHT)


def _change(value: Any) -> dict[str, Any]:
    right = "Write keys of the exam, for example change: {tube_voltage_kv: 100, filter: tin-0.4}."
    if not isinstance(value, dict):
        raise fault("must be a mapping of an exam's keys", right)
    if not value:
        raise fault("changes nothing", right)
    _check_names(value, right)
    return value


def _check_names(value: dict[Any, Any], right: str) -> None:
    """YAML takes numbers, true and null for keys too."""
    for name in value:
        if not isinstance(name, str) or not name:
            raise fault(f"{value_text(name)} is not a key of an exam", right)


def _grid(value: Any) -> dict[str, list[Any]]:
    right = "Write lists, for example grid: {tube_voltage_kv: [80, 100], filter: [none, tin-0.4]}."
    if not isinstance(value, dict):
        raise fault("must be a mapping of keys to lists", right)
    if not value:
        raise fault("an empty grid", right)
    _check_names(value, right)
    for name, items in value.items():
        if not isinstance(items, list):
            raise fault(f"{name} is not a list", right)
        if not items:
            raise fault(f"an empty grid: {name} has no value", right)
        if any(items[i] in items[:i] for i in range(len(items))):
            raise fault(f"{name} has a value twice", "Write every value once.")
    return value


Base = Annotated[str | dict[str, Any], PlainValidator(_base, json_schema_input_type=str | dict[str, Any])]
Change = Annotated[dict[str, Any], PlainValidator(_change, json_schema_input_type=dict[str, Any])]
Grid = Annotated[dict[str, list[Any]], PlainValidator(_grid, json_schema_input_type=dict[str, list[Any]])]


class Variant(Checked):
    """One variant of the base."""

    name: str = key(doc="Its name, unique in the study", min_length=1, max_length=60, example="100 kV")
    change: Change = key(
        doc="Keys of the exam and what they become; a key of an acquisition alone concerns all of them, "
        "acquisitions.0.pitch the first, none removes a key",
        example="{tube_voltage_kv: 100}",
    )


class Study(Checked):
    """Settings side by side. Units are in names; `ctdose study keys` lists meaning, default and range of each key."""

    study: str = key(doc="Its title", min_length=1, max_length=200, example="Tube voltage, chest")
    base: Base = key(
        doc="The exam that all is compared with: a shipped one, a file, or the exam itself",
        example="chest",
        right=BASE_RIGHT,
    )
    base_name: str = key("base", doc="What the base is called in tables", min_length=1, max_length=60)
    variants: list[Variant] = key(
        list,
        doc="Named variants",
        max_length=MOST_VARIANTS,
        right="Write a list, each entry with name and change.",
    )
    grid: Grid | None = key(
        None,
        doc="Variants by combination: keys as in change, each with a list of values",
        example="{tube_voltage_kv: [80, 100], filter: [none, tin-0.4]}",
    )
    histories: WholeNumber | None = key(
        None,
        doc="Histories of each set of variants that share them; default: the base exam's",
        gt=0,
        le=10**12,
        example=2_000_000,
    )
    seed: WholeNumber | None = key(
        None, doc="Of the random numbers; default: the base exam's", ge=0, lt=2**64, example=1
    )
    noise: NoiseKeys = key(NoiseKeys, doc="Image noise: how the images are made, where it is taken")
