"""Materials: names, compositions, checks."""

import subprocess
import sys

import pytest

from ctdose.physics import catalogue
from ctdose.physics.materials import Material, material_names


def test_air_is_dry_air():
    assert Material("air").mass_fractions == pytest.approx(
        {"C": 0.000124, "N": 0.755268, "O": 0.231781, "Ar": 0.012827}, abs=1e-9
    )


def test_atom_fractions_of_water_are_two_to_one():
    atoms = Material("water").atom_fractions()
    assert atoms["H"] == pytest.approx(2 / 3, abs=1e-3)  # NIST prints 11.1894 % H
    assert sum(atoms.values()) == pytest.approx(1, abs=1e-12)


def test_every_named_material_can_be_built():
    for name in material_names():
        material = Material(name)
        assert material.name == name
        assert sum(material.mass_fractions.values()) == pytest.approx(1, abs=1e-12)
        assert hash(material) == hash(Material(name))


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("Al", "aluminium"),
        ("aluminum", "aluminium"),
        ("Water, Liquid", "water"),
        ("Skin", "skin"),
        ("soft_tissue", "soft-tissue"),
        ("icrp110-liver", "icrp110-male-liver"),
        ("PMMA", "pmma"),
        ("Sn", "tin"),
    ],
)
def test_aliases(alias, name):
    assert Material(alias) == Material(name)


def test_shipped_tissues_sum_to_a_hundred_percent():
    for name in material_names():
        entry = catalogue.find(name)
        # ICRP 110 prints one decimal of up to 13 elements
        assert sum(entry.percent.values()) == pytest.approx(100, abs=0.25), name


def test_density_can_be_replaced():
    lung = Material("lung").with_density(0.3)
    assert lung.density_g_cm3 == 0.3
    assert lung.composition == Material("lung").composition
    assert lung != Material("lung")


def test_materials_are_frozen():
    with pytest.raises(AttributeError):
        Material("water").density_g_cm3 = 2  # type: ignore[misc]
    with pytest.raises(TypeError):
        Material("water").mass_fractions["H"] = 1  # type: ignore[index]


def test_fractions_are_normalised_within_half_a_percent():
    bone = Material.from_mass_fractions("x", {"O": 0.884, "H": 0.112}, density_g_cm3=1)
    assert sum(bone.mass_fractions.values()) == pytest.approx(1, abs=1e-15)
    assert [e for e, _ in bone.composition] == ["H", "O"]


def test_unknown_name_lists_the_nearest():
    with pytest.raises(ValueError, match=r"material=watr \(unknown\)\. Nearest: water"):
        Material("watr")


@pytest.mark.parametrize(
    ("fractions", "density", "error", "text"),
    [
        ({"H": 11.2, "O": 88.8}, 1.0, ValueError, "Divide percentages by 100"),
        ({"H": 0.5}, 1.0, ValueError, "is not 1"),
        ({"Hy": 1.0}, 1.0, ValueError, "element=Hy"),
        ({"H": -0.1, "O": 1.1}, 1.0, ValueError, "must not be negative"),
        ({"H": float("nan")}, 1.0, ValueError, "must not be negative"),
        ({"H": "1"}, 1.0, TypeError, "must be a number"),
        ([("H", 1.0)], 1.0, TypeError, "must be a mapping"),
        ({"H": 1.0}, 0.0, ValueError, "must be positive"),
        ({"H": 1.0}, float("inf"), ValueError, "must be positive"),
        ({"H": 1.0}, None, TypeError, "must be a number"),
    ],
)
def test_bad_input_is_refused_in_one_line(fractions, density, error, text):
    with pytest.raises(error, match=text) as caught:
        Material.from_mass_fractions("x", fractions, density_g_cm3=density)
    assert "\n" not in str(caught.value)


def test_name_must_be_text():
    with pytest.raises(TypeError, match="must be a name"):
        Material(13)  # type: ignore[arg-type]


def test_unchecked_compositions_say_so():
    assert not catalogue.find("urine").verified
    assert catalogue.find("thyroid").verified
    assert "ICRP Publication 110" in catalogue.find("icrp110-female-breast").source


def test_importing_physics_loads_nothing_slow():
    code = (
        "import sys, ctdose.physics.tables, ctdose.physics.spectra\n"
        "print(*{'xraylib', 'numba', 'scipy'} & {name.split('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
