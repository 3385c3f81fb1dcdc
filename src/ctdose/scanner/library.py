"""The scanners that come with ctdose, and scanner files of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from ctdose.errors import CtdoseError, nearest
from ctdose.faults import Fault, FileFaults, KeyPath
from ctdose.scanner.model import SAME_MM, Scanner
from ctdose.schema_faults import check_file
from ctdose.yaml_reader import Document, parse_yaml, read_yaml


class ScannerError(FileFaults):
    """What is wrong in a scanner's file, one line for each fault."""


def scanner_names() -> list[str]:
    """Names of the scanners that come with ctdose."""
    files = resources.files("ctdose.scanner.data").iterdir()
    return sorted(file.name.removesuffix(".yaml") for file in files if file.name.endswith(".yaml"))


def scanner_text(name: str) -> str:
    """YAML of a scanner of the library, commented, ready to be copied and edited.

    Raises
    ------
    CtdoseError
        Unknown name.
    """
    if name not in scanner_names():
        raise CtdoseError(f"scanner={name} (not in the library). {nearest(name, scanner_names())}")
    return resources.files("ctdose.scanner.data").joinpath(f"{name}.yaml").read_text(encoding="utf-8")


def load_scanner(name_or_path: str | Path, folder: Path | None = None) -> Scanner:
    """Load and check a scanner.

    Parameters
    ----------
    name_or_path : str or Path
        A name of `scanner_names`, or a YAML file.
    folder : Path, optional
        Where a relative file name is looked for first (the exam's folder), then in the current one.

    Returns
    -------
    Scanner

    Raises
    ------
    CtdoseError
        Unknown name, no such file.
    ScannerError
        What is wrong in the file, one line each.
    """
    name = str(name_or_path)
    if name in scanner_names():
        return check_scanner(parse_yaml(scanner_text(name).encode(), f"{name}.yaml", ScannerError))
    path = Path(name)
    if folder is not None and (folder / path).exists():
        path = folder / path
    if not path.exists() and path.suffix not in (".yaml", ".yml"):
        why = "neither a scanner of the library nor a file"
        raise CtdoseError(f"scanner={name} ({why}). {nearest(name, scanner_names())}")
    return check_scanner(read_yaml(path, ScannerError))


def check_scanner(document: Document) -> Scanner:
    """Check what was read from a scanner's file; see `load_scanner`."""
    scanner = check_file(Scanner, document, ScannerError)
    faults = _cross_checks(scanner, document)
    if faults:
        raise ScannerError(document.file, faults)
    return scanner


def _cross_checks(scanner: Scanner, document: Document) -> list[Fault]:
    found: list[tuple[KeyPath, object, str, str]] = list(_unknown_materials(scanner))
    for i, beam in enumerate(scanner.collimations.beams):
        if beam.beam_width_mm < 0.9 * beam.nominal_mm:
            path = ("collimations", "beams", i, "beam_width_mm")
            right = "It is the width of the dose profile, usually wider than nominal."
            found.append(
                (path, beam.beam_width_mm, f"much narrower than {beam.nominal_mm:g} mm nominal", right)
            )
    if scanner.tube.current_min_ma >= scanner.tube.current_max_ma:
        right = f"Write less than current_max_ma: {scanner.tube.current_max_ma:g}."
        found.append(
            (("tube", "current_min_ma"), scanner.tube.current_min_ma, "not below the greatest current", right)
        )
    if scanner.output:
        known = list(scanner.bowties)
        for i, table in enumerate(scanner.output.tables):
            if table.bowtie not in known:
                path = ("output", "tables", i, "bowtie")
                found.append((path, table.bowtie, "no bowtie of this file", nearest(table.bowtie, known)))
        reference = scanner.output.reference_collimation_mm
        if all(abs(reference - value) > SAME_MM for value in scanner.collimations_mm):
            right = f"Known: {', '.join(f'{value:g}' for value in scanner.collimations_mm)}."
            found.append(
                (("output", "reference_collimation_mm"), reference, "no collimation of this file", right)
            )
    return [Fault(path, value, why, right, document.line(path)) for path, value, why, right in found]


def _unknown_materials(scanner: Scanner) -> Iterator[tuple[KeyPath, object, str, str]]:
    from ctdose.physics.catalogue import find

    places: list[tuple[KeyPath, str]] = [
        (("inherent_filtration_mm", m), m) for m in scanner.inherent_filtration_mm
    ]
    places += [(("bowties", name, "material"), bowtie.material) for name, bowtie in scanner.bowties.items()]
    for path, material in places:
        try:
            find(material)
        except ValueError as error:
            right = str(error).partition("). ")[2]
            yield path, material, "unknown material", right
