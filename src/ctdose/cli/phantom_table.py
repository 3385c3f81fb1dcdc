"""The organ table of a phantom, and the lines above it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ctdose.cli.messages import show_lines
from ctdose.cli.table import print_table

if TYPE_CHECKING:
    from ctdose.phantoms.organs import Organ
    from ctdose.phantoms.voxel_phantom import VoxelPhantom
    from ctdose.results.scan_ranges import ScanRange

MOST_MATERIALS = 8
HEADINGS = (
    "organ",
    "organ_id",
    "icrp103_tissue",
    "mass_g",
    "reference_mass_g",
    "difference_%",
    "volume_cm3",
    "voxels",
    "z_low_mm",
    "z_high_mm",
)
NUMBERS = (1, *range(3, len(HEADINGS)))


def print_body(body: VoxelPhantom, ranges: Sequence[ScanRange] = ()) -> None:
    """Print the lines on a body and its organ table."""
    show_lines(about(body, ranges))
    print_table(HEADINGS, organ_rows(body), numbers=NUMBERS)


def about(body: VoxelPhantom, ranges: Sequence[ScanRange] = ()) -> list[str]:
    """Lines on a body: its grid, its materials, its person and its regions; scan ranges of an exam."""
    (nz, ny, nx), (dx, dy, dz), (low, high) = body.shape, body.spacing_mm, body.z_range_mm
    lines = [
        body.name,
        f"voxels\t{nx} x {ny} x {nz} of {dx:.4g} x {dy:.4g} x {dz:.4g} mm (x, y, z)",
        f"z\t{low:.1f} to {high:.1f} mm",
        f"materials\t{_some([material.name for material in body.materials])}",
    ]
    anatomy = body.anatomy
    if anatomy is not None:
        who = "reference person" if anatomy.reference_person else "no reference person: no effective dose"
        lines.append(f"person\t{anatomy.age} {anatomy.sex}, arms {anatomy.arms} ({who})")
        lines += [f"region {word}\t{a:.1f} to {b:.1f} mm" for word, (a, b) in anatomy.scan_ranges_mm.items()]
    for scan in ranges:
        lines += [f"{word}\t{a:.1f} to {b:.1f} mm ({scan.name})" for word, (a, b), _ in scan.lines()]
    return [line.expandtabs(28) for line in lines]


def organ_rows(body: VoxelPhantom) -> list[tuple[str, ...]]:
    """Rows of `HEADINGS`, one for each organ; after them the regions that are no organ.

    Region 0 is what is around the organs and has no row of its own, unless it is one or there are none.
    """
    from ctdose.phantoms.organs import Organ
    from ctdose.phantoms.region_profiles import region_profiles, z_range_mm

    masses, along_z = body.region_masses_g(), region_profiles(body.region_index)[0]
    known = {organ.organ_id for organ in body.organs}
    first = 1 if known else 0
    nameless = [
        region for region in range(first, len(along_z)) if region not in known and along_z[region].any()
    ]
    rows = []
    for organ in (*body.organs, *(Organ(region, f"region {region}") for region in nameless)):
        there = organ.organ_id < len(along_z)
        voxels = int(along_z[organ.organ_id].sum()) if there else 0
        span = z_range_mm(along_z[organ.organ_id], body.origin_mm[2], body.spacing_mm[2]) if there else None
        rows.append(
            (
                *_masses(organ, float(masses[organ.organ_id]) if there else 0.0),
                f"{voxels * body.voxel_volume_cm3:.5g}",
                str(voxels),
                *(("", "") if span is None else (f"{span[0] + 0.0:.1f}", f"{span[1] + 0.0:.1f}")),
            )
        )
    return rows


def _masses(organ: Organ, mass_g: float) -> tuple[str, ...]:
    known = organ.reference_mass_g == organ.reference_mass_g  # not NaN
    reference = f"{organ.reference_mass_g:.5g}" if known else ""
    difference = f"{_percent(mass_g / organ.reference_mass_g - 1):+.1f}" if known else ""
    return organ.name, str(organ.organ_id), organ.icrp103_tissue or "", f"{mass_g:.5g}", reference, difference


def _some(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= MOST_MATERIALS else f"{len(names)}: {', '.join(names[:3])}, …"


def _percent(share: float) -> float:
    return round(100 * share, 1) + 0.0  # adding 0 makes -0.0 positive
