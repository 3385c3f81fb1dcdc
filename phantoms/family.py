"""Names of the stylized family: ages, both sexes."""

from __future__ import annotations

# age: kg and cm of male and female (ICRP Publication 89), voxel size in mm; tested against the data files
FAMILY: dict[str, tuple[tuple[float, int], tuple[float, int], float]] = {
    "adult": ((73, 176), (60, 163), 2.5),
    "newborn": ((3.5, 51), (3.5, 51), 1.5),
    "1y": ((10, 76), (10, 76), 2.0),
    "5y": ((19, 109), (19, 109), 2.0),
    "10y": ((32, 138), (32, 138), 2.0),
    "15y": ((56, 167), (53, 161), 2.5),
}

BODIES = {age: (f"{age}-male", f"{age}-female") for age in FAMILY}
"""Phantoms that are more than one body."""


def family_descriptions() -> dict[str, str]:
    """Describe each body of the family, and both of each age, in one line."""
    found = {}
    for age, (male, female, voxel_mm) in FAMILY.items():
        who = {"newborn": "newborn", "adult": "adult"}.get(age, f"{age[:-1]}-year-old")
        found[age] = f"Both stylized {who} reference persons: {age}-male and {age}-female."
        for sex, (weight_kg, height_cm) in (("male", male), ("female", female)):
            size = f"{weight_kg:g} kg, {height_cm} cm, arms raised; {voxel_mm} mm voxels"
            found[f"{age}-{sex}"] = f"Stylized {who} reference {sex}, {size}."
    return found
