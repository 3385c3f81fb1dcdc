"""The import contracts of pyproject.toml bite: a copy of the package with wrong imports is reported."""

import importlib.util
import os
import shutil
import subprocess
import sys

import pytest

WRONG_FILES = {
    "kernels/wrong.py": "import json\nfrom ctdose.errors import CtdoseError\n",
    "src/ctdose/physics/wrong.py": "from ctdose.kernels import wrong\n",
    "src/ctdose/scanner/wrong.py": "def late():\n    import ctdose.simulation\n",
    "phantoms/wrong.py": "import numba\n",
    "src/ctdose/unlisted.py": "",
}
REPORTED = (
    "ctdose.kernels is not allowed to import json",
    "ctdose.kernels is not allowed to import ctdose.errors",
    "ctdose.physics.wrong -> ctdose.kernels.wrong",
    "ctdose.scanner is not allowed to import ctdose.simulation",
    "ctdose.phantoms is not allowed to import numba",
    "unlisted",
)


def view_of(root):
    """Build the static view of a source tree with the tool that CI uses, and give its folder."""
    spec = importlib.util.spec_from_file_location("static_view", root / "tools" / "static_view.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.build(root)


def copy_of(root, folder):
    ignore = shutil.ignore_patterns("__pycache__", "*.egg-info", "*.npz", "*.h5")
    for name in ("src", "kernels", "phantoms", "tools"):
        shutil.copytree(root / name, folder / name, ignore=ignore)
    shutil.copy(root / "pyproject.toml", folder)
    return folder


def lint(folder):
    """Run the import linter in a source tree; its exit status and what it printed."""
    script = shutil.which("lint-imports", path=os.path.dirname(sys.executable)) or shutil.which(
        "lint-imports"
    )
    if script is None:
        pytest.skip('import-linter is not installed: pip install "ctdose[dev]"')
    environment = {**os.environ, "PYTHONPATH": str(view_of(folder)), "COLUMNS": "200"}
    done = subprocess.run(
        [script, "--no-cache", "--no-logo"], cwd=folder, env=environment, capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


def test_view_holds_every_module_of_the_three_roots(root, tmp_path):
    view = view_of(copy_of(root, tmp_path)) / "ctdose"
    for package in ("kernels", "phantoms", "physics", "simulation"):
        assert (view / package / "__init__.py").is_file(), package
    assert (view / "errors.py").is_file()


def test_wrong_imports_are_reported(root, tmp_path):
    folder = copy_of(root, tmp_path)
    for name, text in WRONG_FILES.items():
        (folder / name).write_text(text)
    with (folder / "kernels" / "__init__.py").open("a") as file:
        file.write("import numba\n")
    status, printed = lint(folder)
    assert status == 1
    for line in REPORTED:
        assert line in printed, f"not reported: {line}\n{printed}"
    assert "kernels/__init__.py loads no numba BROKEN" in printed
