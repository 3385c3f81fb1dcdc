"""Wrong YAML files: right ones whose keys, types, values, units, structure and bytes were changed."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import yaml
from hypothesis import strategies as st

from fuzz_values import NAMES, PLACES, VALUES, of_type

SNIPPETS = [
    *(
        b"\t",
        b"\r",
        b"\x00",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\xc2\x85",
        b"\xe2\x80\xa8",
        b"\xed\xa0\x80",
        b"\x1b[31m",
    ),
    *(
        b"---\n",
        b"...\n",
        b"%YAML 3.0\n---\n",
        b"!!python/object/apply:os.system [id] ",
        b"!!binary ",
        b"!x ",
    ),
    *(
        b"&a ",
        b"*a ",
        b"&a [*a]",
        b"<<: *a\n",
        b"a: &a [1, 1]\nb: &b [*a, *a]\n",
        b"? ",
        b"- ",
        b": ",
        b"#",
        b"'",
    ),
    *(b'"', b"|\n", b">-\n", b"{", b"}", b"[" * 30, b"]", b",", b"\n", b"\n\n  ", b"=", b"@", b"`", b"%"),
    *("µ é 漢".encode(), b"1e400", b"0" * 400, b"9" * 5000, b" kV", b",5", b"~", b"null", b"\\x00"),
]


def _holders(data: Any) -> list[tuple[Any, Any]]:
    """Every place of a document: what holds it, and its key or index there."""
    found, waiting = [], [data]
    while waiting:
        holder = waiting.pop()
        items = holder.items() if isinstance(holder, dict) else enumerate(holder)
        for key, value in items:
            found.append((holder, key))
            if isinstance(value, dict | list) and len(value) < 100:
                waiting.append(value)
    return found


def _delete(draw: Callable, data: Any, holder: Any, key: Any) -> None:
    del holder[key]


def _replace(draw: Callable, data: Any, holder: Any, key: Any) -> None:
    holder[key] = deepcopy(draw(VALUES))


def _misspell(draw: Callable, data: Any, holder: Any, key: Any) -> None:
    if isinstance(holder, dict):
        text = str(key)
        cut = draw(st.integers(0, max(0, len(text) - 1)))
        new = draw(
            st.sampled_from([text[:cut] + text[cut + 1 :], text.upper(), text + "_", text + " ", *NAMES[:20]])
        )
        holder[new] = holder.pop(key)


def _scale(draw: Callable, data: Any, holder: Any, key: Any) -> None:
    if isinstance(holder[key], int | float):
        holder[key] *= draw(st.sampled_from([-1, 0, 0.1, 0.999, 1.001, 2, 10, 1000, 1e-6]))


def _unit(draw: Callable, data: Any, holder: Any, key: Any) -> None:
    holder[key] = str(holder[key]) + draw(st.sampled_from([" kV", " mm", "mA", "%", "°", ",5", "e", "."]))


def _wrap(draw: Callable, data: Any, holder: Any, key: Any) -> None:
    holder[key] = draw(st.sampled_from([[holder[key]], {"a": holder[key]}, [holder[key]] * 3]))


def _move(draw: Callable, data: Any, holder: Any, key: Any) -> None:
    value = holder[key]
    other, place = draw(st.sampled_from(_holders(data)))
    other[place] = deepcopy(value)


def _known_key(draw: Callable, data: Any, holder: Any, key: Any) -> None:
    """Set a key that exams have, to a value that might be right."""
    place = draw(st.sampled_from(sorted(PLACES)))
    for part in place[:-1]:
        index: Any = part
        if isinstance(data, list):
            index = draw(st.integers(0, max(0, len(data) - 1)))
            if not data:
                return
        elif not isinstance(data, dict):
            return
        elif not isinstance(data.get(part), dict | list):
            data[part] = {}
        data = data[index]
    if isinstance(data, dict):
        data[place[-1]] = deepcopy(draw(of_type(PLACES[place])))


OPERATIONS = [_delete, _replace, _replace, _misspell, _scale, _unit, _wrap, _move, *[_known_key] * 4]


def change(draw: Callable, base: Any, most: int = 4) -> Any:
    """Change a document in up to so many places."""
    data = deepcopy(base)
    for _ in range(min(most, draw(st.sampled_from([0, 1, 1, 1, 1, 2, 2, 3, 4])))):
        places = _holders(data)
        if not places:
            break
        operation = draw(st.sampled_from(OPERATIONS))
        operation(draw, data, *draw(st.sampled_from(places)))
    return data


def dump(draw: Callable, data: Any) -> bytes:
    """Write a document in one of YAML's styles."""
    style = draw(st.sampled_from([None, None, False, True]))
    text = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, default_flow_style=style, width=100)
    return text.encode("utf-8", "surrogatepass")


def damage(draw: Callable, data: bytes) -> bytes:
    """Change bytes or lines of a text."""
    for _ in range(draw(st.integers(1, 3))):
        here, there = sorted(draw(st.tuples(*[st.integers(0, max(1, len(data)))] * 2)))
        kind = draw(
            st.sampled_from(["insert", "insert", "insert", "cut", "end", "flip", "double", "crlf", "lines"])
        )
        if kind == "insert":
            data = data[:here] + draw(st.sampled_from(SNIPPETS)) + data[here:]
        elif kind == "cut":
            data = data[:here] + data[min(there, here + 40) :]
        elif kind == "end":
            data = data[:here]
        elif kind == "flip" and here < len(data):
            data = data[:here] + bytes([data[here] ^ (1 << draw(st.integers(0, 7)))]) + data[here + 1 :]
        elif kind == "double":
            data = data[:there] + data[here:there] + data[there:]
        elif kind == "crlf":
            data = data.replace(b"\n", b"\r\n")
        else:
            lines = data.splitlines(keepends=True)
            data = b"".join(draw(st.permutations(lines))) if len(lines) < 40 else data
    return data


@st.composite
def yaml_inputs(draw: Callable, mappings: list[Any], texts: tuple[bytes, ...] = ()) -> bytes:
    """Bytes of a YAML file, of these documents or texts."""
    if texts and draw(st.integers(0, 3)) == 0:
        return damage(draw, draw(st.sampled_from(texts)))
    data = dump(draw, change(draw, draw(st.sampled_from(mappings))))
    return damage(draw, data) if draw(st.integers(0, 3)) == 0 else data
