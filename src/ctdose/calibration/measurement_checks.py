"""What several keys of a file of measurements together show to be wrong."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from ctdose.calibration.measurements import BeamReadings, Measurements, Profile
from ctdose.calibration.readings import profile_places
from ctdose.calibration.reference_beam import WIDEST_DIRECT_MM
from ctdose.errors import nearest
from ctdose.faults import KeyPath
from ctdose.scanner.model import SAME_MM, Scanner

Found = tuple[KeyPath, object, str, str]  # place, value, why it is wrong, what would be right

CENTRE_TO_PERIPHERY = {16: (0.6, 1.3), 32: (0.2, 0.85)}
"""No CT beam is outside: simulated ones lie at 0.82 to 1.04 and 0.38 to 0.59 (docs/scanners.md)."""
CENTRAL_DEG, BEYOND_FAN_DEG = 2.0, 0.5
BRIGHTER = 1.5  # a profile off the central ray over that in it


def check_material(measurements: Measurements) -> Iterator[Found]:
    """Whether the filter's material is known."""
    from ctdose.physics.catalogue import find

    try:
        find(measurements.filtration_material)
    except ValueError as error:
        right = str(error).partition("). ")[2]
        yield ("filtration_material",), measurements.filtration_material, "unknown material", right


def check_table(measurements: Measurements, base: Scanner) -> Iterator[Found]:
    """Whether there is a table to lie on, and a phantom that lay on it."""
    read = {reading.phantom_cm for beam in measurements.beams for reading in beam.ctdi}
    for i, size in enumerate(measurements.phantoms_on_table_cm):
        path: KeyPath = ("phantoms_on_table_cm", i)
        if base.table is None:
            right = "Add the section table to its file, or leave phantoms_on_table_cm out."
            yield path, size, f"{base.scanner} describes no table", right
        elif size not in read:
            yield path, size, "no CTDI in that phantom is given", "Name the phantoms of ctdi that lay on it."


def check_collimation(measurements: Measurements, base: Scanner, collimation_mm: float) -> Iterator[Found]:
    """Whether CTDI can be measured at the collimation."""
    path: KeyPath = ("collimation_mm",)
    known = [nt for nt in base.collimations_mm if nt <= WIDEST_DIRECT_MM]
    right = f"Known: {', '.join(f'{nt:g}' for nt in known)}."
    if not known:
        why = f"{base.scanner} has no collimation of at most {WIDEST_DIRECT_MM:g} mm"
        yield (
            path,
            collimation_mm,
            why,
            "CTDI of wider beams refers to a narrower one: add it to collimations.",
        )
    elif collimation_mm > WIDEST_DIRECT_MM:
        why = f"over {WIDEST_DIRECT_MM:g} mm, where CTDI refers to a narrower beam"
        yield path, collimation_mm, why, f"Measure at a narrower one. {right}"
    elif all(abs(collimation_mm - nt) > SAME_MM for nt in known):
        yield path, collimation_mm, "no collimation of this scanner", right


def check_beams(measurements: Measurements, base: Scanner) -> Iterator[Found]:
    """Beams of other scanners or given twice, layers and phantom readings that cannot be."""
    seen: dict[tuple[str, float], int] = {}
    for i, beam in enumerate(measurements.beams):
        path: KeyPath = ("beams", i)
        yield from _bowtie(base, (*path, "bowtie"), beam.bowtie)
        here = (beam.bowtie, beam.tube_voltage_kv)
        if here in seen:
            right = f"Put all readings of it into one; the first is number {seen[here] + 1} of beams."
            yield (
                (*path, "tube_voltage_kv"),
                beam.tube_voltage_kv,
                f"{beam.bowtie} at that voltage is given twice",
                right,
            )
        seen.setdefault(here, i)
        yield from _layers(path, beam)
        yield from _phantoms(path, beam)


def _layers(path: KeyPath, beam: BeamReadings) -> Iterator[Found]:
    first, second = beam.hvl_mm, beam.second_hvl_mm
    if first is not None and second is not None and second < first:
        why = f"below hvl_mm: {first:g}, but a filtered beam is harder"
        yield (*path, "second_hvl_mm"), second, why, "Give what halves again, not both layers exchanged."
    if first is not None and second is not None and second > 1.9 * first:
        why = f"nearly twice hvl_mm: {first:g} or more"
        yield (*path, "second_hvl_mm"), second, why, "Give what halves again, not the quarter-value layer."


def _phantoms(path: KeyPath, beam: BeamReadings) -> Iterator[Found]:
    sizes: set[int] = set()
    for j, reading in enumerate(beam.ctdi):
        here = (*path, "ctdi", j)
        if reading.phantom_cm in sizes:
            yield (*here, "phantom_cm"), reading.phantom_cm, "given twice", "Give each phantom once."
        sizes.add(reading.phantom_cm)
        centre, periphery = reading.centre_mgy_per_100mas, reading.periphery_mgy_per_100mas
        if centre is None or periphery is None:
            continue
        low, high = CENTRE_TO_PERIPHERY[reading.phantom_cm]
        if not low <= centre / periphery <= high:
            why = f"{centre / periphery:.3g} of the periphery; in {reading.phantom_cm} cm it is {low:g} to {high:g}"
            right = "Check phantom_cm, and whether centre and periphery are exchanged."
            yield (*here, "centre_mgy_per_100mas"), centre, why, right


def check_profiles(measurements: Measurements, base: Scanner) -> Iterator[Found]:
    """Profiles of other scanners, beyond the fan, without a middle, or of something else than air kerma."""
    shapes: dict[str, str] = {}
    for i, profile in enumerate(measurements.profiles):
        path: KeyPath = ("profiles", i)
        yield from _bowtie(base, (*path, "bowtie"), profile.bowtie)
        if shapes.setdefault(profile.bowtie, profile.shape) != profile.shape:
            right = "Choose formula or table for all its profiles."
            yield (*path, "shape"), profile.shape, f"another profile of {profile.bowtie} has another", right
        yield from _places(path, profile, base)


def _places(path: KeyPath, profile: Profile, base: Scanner) -> Iterator[Found]:
    key = "fan_angle_deg" if profile.fan_angle_deg is not None else "off_axis_mm"
    given = profile.fan_angle_deg if profile.fan_angle_deg is not None else profile.off_axis_mm
    assert given is not None
    distance = base.geometry.source_isocentre_distance_mm
    angles, factors = profile_places(profile, distance)
    degrees, half = np.rad2deg(np.abs(angles)), base.geometry.fan_angle_deg / 2.0
    outermost, middle = int(np.argmax(degrees)), int(np.argmin(degrees))
    if degrees[outermost] > half + BEYOND_FAN_DEG:
        right = f"The fan of {base.scanner} reaches {half:g} deg, {distance * math.tan(math.radians(half)):.0f} mm."
        yield (*path, key, outermost), given[outermost], "outside the fan", right
    if degrees[middle] > CENTRAL_DEG:
        why = "no reading near the central ray"
        yield (*path, key, middle), given[middle], why, f"Give one within {CENTRAL_DEG:g} deg of it."
        return
    at_equal_distance = np.asarray(profile.relative_air_kerma) * factors
    brightest = int(np.argmax(at_equal_distance))
    if at_equal_distance[brightest] > BRIGHTER * at_equal_distance[middle]:
        place = (*path, "relative_air_kerma", brightest)
        why = f"over {BRIGHTER:g} times the reading in the middle"
        right = "A bowtie lets most through in the middle; give air kerma, not thickness."
        yield place, profile.relative_air_kerma[brightest], why, right


def _bowtie(base: Scanner, path: KeyPath, name: str) -> Iterator[Found]:
    if name not in base.bowties:
        yield path, name, f"no bowtie of {base.scanner}", nearest(name, list(base.bowties))
