"""`ctdose phantom`: the phantoms of the library, and phantom files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ctdose.cli.messages import say
from ctdose.cli.phantom_import import app as import_app
from ctdose.cli.table import print_table
from ctdose.cli.typed_numbers import parse_number

if TYPE_CHECKING:
    from ctdose.phantoms.voxel_phantom import VoxelPhantom

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Phantoms: what is irradiated.")

app.add_typer(import_app, name="import", hidden=not import_app.registered_commands)

MOST_MATERIALS = 8
HEADINGS = ("organ", "organ_id", "icrp103_tissue", "mass_g", "reference_mass_g", "difference_%")


@app.command("list")
def list_phantoms() -> None:
    """List the phantoms of the library.

    \b
    Example:
      ctdose phantom list
    """
    from ctdose.phantoms.library import describe, phantom_names

    print_table(("name", "description"), [(name, describe(name)) for name in phantom_names()])


@app.command("show", short_help="Show a phantom: grid, regions, organs and their masses.")
def show_phantom(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A name of `ctdose phantom list`, or a phantom file.")
    ],
    voxel_mm: Annotated[
        str | None,
        typer.Option(metavar="MM", help="Voxel size of a phantom of the library. [default: its own]"),
    ] = None,
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw it (.png, .pdf, .svg).")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier picture.")] = False,
) -> None:
    """Show a phantom: its grid, its regions to scan, its organs and their masses.

    \b
    Examples:
      ctdose phantom show adult-female
      ctdose phantom show water-cylinder --voxel-mm 5
      ctdose phantom show adult-male --plot male.png
    """
    from ctdose.cli.output_file import check_picture_path
    from ctdose.phantoms.library import load_bodies
    from ctdose.results.plots import plot_phantom

    if plot is not None:
        check_picture_path(plot, overwrite=overwrite)
    size = None if voxel_mm is None else parse_number("voxel_mm", voxel_mm, 0.1, 50.0, "For example 2.5.")
    bodies = load_bodies(name, size)
    for i, body in enumerate(bodies):
        print("\n" if i else "", end="")
        print_body(body)
    if plot is not None:
        plot_phantom(bodies, plot)
        say(f"Wrote {plot}.")


def print_body(body: VoxelPhantom) -> None:
    """Print a phantom's grid, regions, organs and masses."""
    print("\n".join(_about(body)))
    print_table(HEADINGS, _organ_rows(body), numbers=(1, 3, 4, 5))


def _about(body: VoxelPhantom) -> list[str]:
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
    return [line.expandtabs(28) for line in lines]


def _organ_rows(body: VoxelPhantom) -> list[tuple[str, ...]]:
    masses = body.region_masses_g()
    rows: list[tuple[str, ...]] = []
    for organ in body.organs:
        mass = float(masses[organ.organ_id]) if organ.organ_id < masses.size else 0.0
        known = organ.reference_mass_g == organ.reference_mass_g  # not NaN
        reference = f"{organ.reference_mass_g:.5g}" if known else ""
        difference = f"{_percent(mass / organ.reference_mass_g - 1):+.1f}" if known else ""
        tissue = organ.icrp103_tissue or ""
        rows.append((organ.name, str(organ.organ_id), tissue, f"{mass:.5g}", reference, difference))
    return rows


def _some(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= MOST_MATERIALS else f"{len(names)}: {', '.join(names[:3])}, …"


def _percent(share: float) -> float:
    return round(100 * share, 1) + 0.0  # adding 0 makes -0.0 positive
