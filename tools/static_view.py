"""Link the three roots of the package into `.static_view/ctdose`, for tools that read without importing.

mypy and import-linter cannot see through the import hook of an editable install, and pass blindly. They are
given this folder instead: `mypy` (by `mypy_path`) and `PYTHONPATH=.static_view lint-imports`.

    python tools/static_view.py
"""

import shutil
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def mapped_roots(root: Path) -> dict[str, Path]:
    """Give what pyproject.toml maps: package name -> folder, "" for the root of all others."""
    table = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    return {name: root / folder for name, folder in table["tool"]["setuptools"]["package-dir"].items()}


def build(root: Path = ROOT) -> Path:
    """Make the view anew, so that nothing stays of what was removed; returns its folder."""
    view = root / ".static_view"
    shutil.rmtree(view, ignore_errors=True)
    package = view / "ctdose"
    package.mkdir(parents=True)
    roots = mapped_roots(root)
    for entry in sorted((roots.pop("") / "ctdose").iterdir()):
        if entry.name != "__pycache__":
            (package / entry.name).symlink_to(entry)
    for name, folder in roots.items():
        (package / name.removeprefix("ctdose.")).symlink_to(folder)
    return view


if __name__ == "__main__":
    print(build())
