"""What is installed is what stands on disk: packages, data files, version, extras, weight."""

import importlib
import importlib.metadata
import os
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import ctdose

EXTRAS = {
    *("plot", "spectra", "dicom", "nifti", "parquet", "pandas", "xarray", "cuda", "cluster"),
    *("docs", "test", "dev", "all"),
}
TOP_PACKAGES = ("ctdose", "ctdose.kernels", "ctdose.phantoms")
HEAVIEST_MB = 5.0
HEAVIEST_WITH_DEPENDENCIES_MB = 480.0


@pytest.fixture(scope="module")
def project(root):
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


def folders_of_modules(root: Path, mapping: dict[str, str]) -> dict[str, Path]:
    """Package name -> folder, for every folder that holds a Python file below the mapped roots."""
    found = {}
    for name, folder in mapping.items():
        top = root / folder
        for file in top.rglob("*.py"):
            parts = file.parent.relative_to(top).parts
            if file.parent != root / "src" and "__pycache__" not in parts:
                found[".".join([*([name] if name else []), *parts])] = file.parent
    return found


def test_every_folder_of_modules_is_in_the_list_of_packages(root, project):
    """One that is not works in an editable install, and is absent from the wheel."""
    setuptools = project["tool"]["setuptools"]
    assert set(folders_of_modules(root, setuptools["package-dir"])) == set(setuptools["packages"])


def test_every_data_file_is_packaged(root, project):
    setuptools = project["tool"]["setuptools"]
    patterns = setuptools["package-data"]["*"]
    ignored = {".py", ".pyc", ".part"}
    for folder in folders_of_modules(root, setuptools["package-dir"]).values():
        for file in folder.iterdir():
            if file.is_file() and file.suffix not in ignored and not file.name.startswith("."):
                assert any(file.match(pattern) for pattern in patterns), f"{file} is in no wheel"


def test_every_listed_package_imports(project):
    for name in project["tool"]["setuptools"]["packages"]:
        importlib.import_module(name)


def test_version_is_the_installed_one():
    from ctdose._version import __version__

    assert ctdose.__version__ == __version__
    assert importlib.metadata.version("ctdose") == __version__
    assert re.fullmatch(r"\d+\.\d+\.\d+", __version__)


def test_version_is_in_the_changelog_and_the_citation(root):
    version = re.escape(importlib.metadata.version("ctdose"))
    assert re.search(rf"^## \[{version}\]", (root / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert re.search(
        rf"^version: {version}$", (root / "CITATION.cff").read_text(encoding="utf-8"), re.MULTILINE
    )


def test_extras_exist():
    extras = importlib.metadata.metadata("ctdose").get_all("Provides-Extra") or []
    assert set(extras) == EXTRAS


def test_extras_that_messages_name_exist(root):
    """`MissingExtraError(feature, extra)` and texts that say pip install "ctdose[extra]"."""
    named = set()
    for folder in ("src", "kernels", "phantoms"):
        for file in (root / folder).rglob("*.py"):
            text = file.read_text(encoding="utf-8")
            named |= set(re.findall(r"ctdose\[([a-z]+)\]", text))
            named |= set(re.findall(r"MissingExtraError\([^)]*?,\s*(?:extra=)?[\"']([a-z]+)[\"']\)", text))
    assert named <= EXTRAS


def test_command_is_installed():
    (script,) = importlib.metadata.entry_points(group="console_scripts", name="ctdose")
    assert script.value == "ctdose.cli.main:main"
    assert callable(script.load())


def test_licence_and_notice_are_installed():
    names = {Path(str(file)).name for file in importlib.metadata.files("ctdose") or []}
    assert {"LICENSE", "NOTICE"} <= names


def test_own_weight():
    """What ctdose itself adds to an environment, bytecode not counted."""
    folders = [Path(importlib.import_module(n).__file__).parent for n in TOP_PACKAGES]
    files = {file for folder in folders for file in folder.rglob("*") if file.is_file()}
    kept = [file for file in files if file.parent.name != "__pycache__"]
    megabytes = sum(file.stat().st_size for file in kept) / 1e6
    assert megabytes <= HEAVIEST_MB


def required(name: str, found: set[str]) -> set[str]:
    """Names of all distributions that one needs, without extras."""
    for line in importlib.metadata.requires(name) or []:
        requirement = Requirement(line)
        wanted = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        if wanted and canonicalize_name(requirement.name) not in found:
            found.add(canonicalize_name(requirement.name))
            required(requirement.name, found)
    return found


def weight_mb(name: str) -> float:
    """Installed size of one distribution, bytecode not counted."""
    files = [
        Path(str(file.locate())) for file in importlib.metadata.files(name) or [] if file.suffix != ".pyc"
    ]
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6


def test_weight_of_the_required_dependencies():
    """About 440 MB on Linux, as CONTRIBUTING.md says: a new dependency that weighs shows up here."""
    names = required("ctdose", set())
    assert {"numba", "numpy", "scipy", "h5py", "xraylib"} <= names
    assert not {"matplotlib", "spekpy"} & names
    assert sum(map(weight_mb, names)) <= HEAVIEST_WITH_DEPENDENCIES_MB


def test_tests_run_against_the_environment_that_is_meant():
    """.ci/run names the environment of the wheel: nothing of the source tree may stand in for it."""
    prefix = os.environ.get("CTDOSE_EXPECTED_PREFIX")
    if not prefix:
        pytest.skip("CTDOSE_EXPECTED_PREFIX is not set: any installation will do")
    for name in TOP_PACKAGES:
        assert Path(importlib.import_module(name).__file__).is_relative_to(Path(prefix).resolve()), name
