"""`import ctdose` is quick, and loads nothing heavy."""

import json
import subprocess
import sys

import pytest

LIMIT_S = 0.5
HEAVY = ("numba", "llvmlite", "xraylib", "scipy", "pydantic", "matplotlib", "spekpy", "typer", "rich")

MEASURE = """
import json, sys, time
start = time.perf_counter()
import {module}
seconds = time.perf_counter() - start
print(json.dumps([seconds, [name for name in {heavy!r} if name in sys.modules]]))
"""


def import_alone(module: str, tmp_path) -> tuple[float, list[str]]:
    """Import a module in a fresh interpreter: seconds, and what heavy it loaded."""
    code = MEASURE.format(module=module, heavy=HEAVY)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    seconds, loaded = json.loads(done.stdout)
    return seconds, loaded


def test_import_takes_at_most_half_a_second(tmp_path):
    """The best of a few: other work on the machine can only slow an import down."""
    best = float("inf")
    for _ in range(8):
        best = min(best, import_alone("ctdose", tmp_path)[0])
        if best <= LIMIT_S:
            break
    assert best <= LIMIT_S


def test_import_loads_nothing_heavy(tmp_path):
    assert import_alone("ctdose", tmp_path)[1] == []


@pytest.mark.parametrize("module", ["ctdose.kernels", "ctdose.kernels.tables", "ctdose.phantoms"])
def test_tables_and_phantoms_load_no_numba(module, tmp_path):
    assert "numba" not in import_alone(module, tmp_path)[1]


def test_every_phantom_module_loads_no_numba(root, tmp_path):
    names = [p.stem for p in sorted((root / "phantoms").glob("*.py")) if p.stem != "__init__"]
    modules = ", ".join(["ctdose.phantoms", *(f"ctdose.phantoms.{name}" for name in names)])
    assert "numba" not in import_alone(modules, tmp_path)[1]
