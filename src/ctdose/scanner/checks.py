"""Checks of a scanner's file across its sections: names that must be there, numbers that must fit each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ctdose.errors import nearest
from ctdose.faults import Fault, KeyPath
from ctdose.scanner.model import SAME_MM, Scanner
from ctdose.yaml_reader import Document

Found = tuple[KeyPath, object, str, str]  # place, value, why it is wrong, what would be right


def cross_check(scanner: Scanner, document: Document) -> list[Fault]:
    """Find what only several sections together show to be wrong.

    Parameters
    ----------
    scanner : Scanner
        Right in each of its keys.
    document : Document
        What it was read from, for the lines.
    """
    found = [
        *_materials(scanner),
        *_geometry(scanner),
        *_beams(scanner),
        *_current(scanner),
        *_output(scanner),
        *_second_tube(scanner),
    ]
    return [Fault(path, value, why, right, document.line(path)) for path, value, why, right in found]


def _materials(scanner: Scanner) -> Iterator[Found]:
    from ctdose.physics.catalogue import find

    for path, material in _material_places(scanner):
        try:
            find(material)
        except ValueError as error:
            right = str(error).partition("). ")[2]
            yield path, material, "unknown material", right


def _material_places(scanner: Scanner) -> Iterator[tuple[KeyPath, str]]:
    for material in scanner.inherent_filtration_mm:
        yield ("inherent_filtration_mm", material), material
    for name, filter_ in scanner.filters.items():
        for material in filter_.thickness_mm:
            yield ("filters", name, "thickness_mm", material), material
    for name, bowtie in scanner.bowties.items():
        yield ("bowties", name, "material"), bowtie.material
    if scanner.table:
        yield ("table", "wall", "material"), scanner.table.wall.material
        yield ("table", "core", "material"), scanner.table.core.material


def _geometry(scanner: Scanner) -> Iterator[Found]:
    blades, axis = (
        scanner.geometry.source_collimator_distance_mm,
        scanner.geometry.source_isocentre_distance_mm,
    )
    if blades is not None and blades >= axis:
        right = f"Write less than source_isocentre_distance_mm: {axis:g}."
        yield ("geometry", "source_collimator_distance_mm"), blades, "the blades lie beyond the axis", right
    yield from _spectra(scanner)


def _spectra(scanner: Scanner) -> Iterator[Found]:
    """Anode angles and tube voltages for which there is no spectrum."""
    from ctdose.physics.spectra import ANODE_ANGLES_DEG, TUBE_VOLTAGES_KV

    least, most = ANODE_ANGLES_DEG
    angle = scanner.geometry.anode_angle_deg
    if not least <= angle <= most:
        right = f"Spectra are known for {least:g} to {most:g} deg."
        yield ("geometry", "anode_angle_deg"), angle, "no spectrum of such an anode", right
    least, most = TUBE_VOLTAGES_KV
    wrong = [kv for kv in scanner.tube.voltages_kv if not least <= kv <= most]
    if wrong:
        right = f"Spectra are known for {least:g} to {most:g} kV."
        yield ("tube", "voltages_kv"), wrong[0], "no spectrum of that voltage", right


def _beams(scanner: Scanner) -> Iterator[Found]:
    for i, beam in enumerate(scanner.collimations.beams):
        if beam.beam_width_mm < 0.9 * beam.nominal_mm:
            path = ("collimations", "beams", i, "beam_width_mm")
            right = "It is the width of the dose profile, usually wider than nominal."
            yield path, beam.beam_width_mm, f"much narrower than {beam.nominal_mm:g} mm nominal", right
        if any(abs(beam.nominal_mm - other) < SAME_MM for other in scanner.collimations_mm[:i]):
            path = ("collimations", "beams", i, "nominal_mm")
            yield path, beam.nominal_mm, "given twice", "Give each collimation once."


def _current(scanner: Scanner) -> Iterator[Found]:
    least, most = scanner.tube.current_min_ma, scanner.tube.current_max_ma
    if least >= most:
        right = f"Write less than current_max_ma: {most:g}."
        yield ("tube", "current_min_ma"), least, "not below the greatest current", right


def _output(scanner: Scanner) -> Iterator[Found]:
    if scanner.output is None:
        return
    for i, table in enumerate(scanner.output.tables):
        path = ("output", "tables", i)
        yield from _unknown((*path, "bowtie"), [table.bowtie], scanner.bowties, "bowtie")
        if table.filter is not None:
            yield from _unknown((*path, "filter"), [table.filter], scanner.filters, "filter")
        first = scanner.output.table(table.bowtie, table.ctdi_phantom_cm, table.filter)
        if first is not table:
            right = "Give one table for each bowtie, CTDI phantom and filter."
            yield (*path, "bowtie"), table.bowtie, "a second table for the same beam", right
    reference = scanner.output.reference_collimation_mm
    if all(abs(reference - value) > SAME_MM for value in scanner.collimations_mm):
        right = f"Known: {', '.join(f'{value:g}' for value in scanner.collimations_mm)}."
        yield ("output", "reference_collimation_mm"), reference, "no collimation of this file", right


def _second_tube(scanner: Scanner) -> Iterator[Found]:
    if scanner.second_tube is None:
        return
    yield from _unknown(("second_tube", "bowties"), scanner.second_tube.bowties, scanner.bowties, "bowtie")
    yield from _unknown(("second_tube", "filters"), scanner.second_tube.filters, scanner.filters, "filter")


def _unknown(path: KeyPath, names: Iterable[str], known: Iterable[str], kind: str) -> Iterator[Found]:
    have = list(known)
    for name in names:
        if name not in have:
            right = nearest(name, have) if have else f"Add a {kind} of that name to the file."
            yield path, name, f"no {kind} of this file", right
