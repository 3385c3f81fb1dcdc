"""The kernel tables: shapes, interpolation error, mixing, edges."""

import time

import numpy as np
import pytest

from ctdose.kernels.tables import ENERGY_BINS, PROFILE_NODES, SQUARED_X_BINS
from ctdose.physics.compton_profile import profile_integral, profile_nodes
from ctdose.physics.cross_sections import mass_coefficients
from ctdose.physics.energy_absorption import mass_energy_absorption
from ctdose.physics.energy_grid import edge_kev
from ctdose.physics.form_factors import form_tables, squared_x_nodes
from ctdose.physics.materials import Material, material_names
from ctdose.physics.tables import build_tables, response_curve
from ctdose.physics.version import physics_version

NAMES = ("water", "air", "cortical-bone", "iodine", "tin", "icrp110-thyroid")
MATERIALS = [Material(n) for n in NAMES]


@pytest.fixture(scope="module")
def tables():
    return build_tables(MATERIALS)


def look_up(node_kev, table, energy):
    """Value of table [bin, ..., 2] at energies, as the kernel reads it."""
    i = np.searchsorted(node_kev, energy.astype(np.float32), side="right") - 1
    excess = (energy - node_kev[i]).reshape(-1, *(1,) * (table.ndim - 2))
    return table[i, ..., 0] + table[i, ..., 1] * excess


def energies():
    return np.random.default_rng(3).uniform(1, 150, 3000)


def test_shapes_and_types(tables):
    count = len(MATERIALS)
    attenuation, scattering, fluorescence = tables
    assert attenuation.node_kev.shape == (ENERGY_BINS + 1,)
    assert attenuation.majorant.shape == (ENERGY_BINS, 2)
    assert not attenuation.majorant.any()
    for table in attenuation[2:]:
        assert table.shape == (ENERGY_BINS, count, 2)
    for table in scattering[1:4]:
        assert table.shape == (count, SQUARED_X_BINS + 1)
    assert scattering.profile_integral.shape == (count, PROFILE_NODES)
    for array in (*attenuation, *scattering, *fluorescence):
        assert array.flags.c_contiguous
        assert array.dtype in (np.float32, np.int32)
        assert np.isfinite(array).all()


def test_mu_between_nodes(tables):
    energy = energies()
    found = look_up(tables.attenuation.node_kev, tables.attenuation.mu, energy)
    for m, material in enumerate(MATERIALS):
        exact = material.density_g_cm3 * mass_coefficients(material, energy).total
        assert found[:, m] == pytest.approx(exact, rel=5e-4), material.name
        assert np.quantile(np.abs(found[:, m] / exact - 1), 0.99) < 1.2e-4


def test_energy_absorption_between_nodes(tables):
    energy = energies()
    nodes = tables.attenuation.node_kev
    for m, material in enumerate(MATERIALS):
        exact = energy * material.density_g_cm3 * mass_energy_absorption(material, energy)
        curve = look_up(nodes, response_curve(nodes, material), energy)
        assert np.abs(curve / exact - 1).max() < 2e-4, material.name
        scored = energy * look_up(nodes, tables.attenuation.mu_en, energy)[:, m]
        assert np.abs(scored / exact - 1).max() < 5e-4, material.name


def test_shares_lie_between_zero_and_one(tables):
    attenuation = tables.attenuation
    width = np.diff(attenuation.node_kev)[:, None]
    for share in (attenuation.photoelectric, attenuation.photoelectric_or_compton):
        for end in (share[..., 0], share[..., 0] + share[..., 1] * width):
            assert (end >= 0).all()
            assert (end <= 1).all()
    assert (attenuation.photoelectric_or_compton[..., 0] > attenuation.photoelectric[..., 0]).all()


def test_both_sides_of_an_edge(tables):
    iodine = NAMES.index("iodine")
    nodes, mu = tables.attenuation.node_kev, tables.attenuation.mu[:, iodine]
    edge = edge_kev(53, "K")
    i = int(np.argmin(np.abs(nodes - edge)))
    below, above = (
        MATERIALS[iodine].density_g_cm3
        * mass_coefficients(Material("iodine"), [edge * (1 - 1e-9), edge]).total
    )
    assert mu[i - 1, 0] + mu[i - 1, 1] * (nodes[i] - nodes[i - 1]) == pytest.approx(below, rel=1e-5)
    assert mu[i, 0] == pytest.approx(above, rel=1e-5)


def test_analogue_and_collision_kerma_have_one_mean(tables):
    """What a collision deposits on average, from shares, lines and recoil, against E mu_en/mu."""
    from ctdose.physics.compton_recoil import recoil_fraction
    from ctdose.physics.fluorescence import emitted_kev

    attenuation = tables.attenuation
    energy = energies()
    share, both, mu, mu_en = (
        look_up(attenuation.node_kev, table, energy)
        for table in (
            attenuation.photoelectric,
            attenuation.photoelectric_or_compton,
            attenuation.mu,
            attenuation.mu_en,
        )
    )
    for m, material in enumerate(MATERIALS):
        left = share[:, m] * (energy - emitted_kev(material, energy, 1.0))
        left += (both - share)[:, m] * energy * recoil_fraction(material, energy)
        assert left == pytest.approx(energy * mu_en[:, m] / mu[:, m], rel=5e-4)


def test_scattering_is_mixed_by_atom_fraction():
    import xraylib

    water = Material("water")
    a = water.atom_fractions()
    forms = form_tables(water)
    for j in (100, 300, 500):
        x = float(np.sqrt(np.float64(squared_x_nodes()[j])))
        s = a["H"] * xraylib.SF_Compt(1, x) + a["O"] * xraylib.SF_Compt(8, x)
        f2 = a["H"] * xraylib.FF_Rayl(1, x) ** 2 + a["O"] * xraylib.FF_Rayl(8, x) ** 2
        assert forms.incoherent[j] == pytest.approx(s / (a["H"] + 8 * a["O"]), rel=1e-6)
        assert forms.coherent[j] == pytest.approx(f2, rel=1e-6)


def test_form_tables_rise_and_integrate(tables):
    u = squared_x_nodes().astype(float)
    assert u[0] == 0
    assert u[1] == 2.0**-14
    assert u[-1] == 256
    scattering = tables.scattering
    assert (scattering.incoherent[:, 0] == 0).all()
    assert (scattering.incoherent <= 1).all()
    assert (np.diff(scattering.coherent_integral, axis=1) >= 0).all()
    exact = np.trapezoid(scattering.coherent.astype(float), u, axis=1)
    assert scattering.coherent_integral[:, -1] == pytest.approx(exact, rel=1e-6)
    a = Material("water").atom_fractions()
    assert scattering.coherent[0, 0] == pytest.approx(a["H"] + 64 * a["O"])  # forwards: Z^2 of each atom


def test_profiles_are_cumulative_and_normalised(tables):
    profiles = tables.scattering.profile_integral
    assert (profiles[:, 0] == 0).all()
    assert (profiles[:, -1] == 1).all()
    assert (np.diff(profiles, axis=1) >= 0).all()
    nodes = profile_nodes()
    assert nodes[1] == pytest.approx(100 / 255**2)
    # hydrogen: J(p) = 8/(3 pi (1 + p^2)^3), Biggs et al. (1975)
    exact = np.array([_hydrogen_integral(p) for p in nodes])
    assert profile_integral(Material("hydrogen")) == pytest.approx(exact, abs=2e-3)


def _hydrogen_integral(p):
    return 2 / np.pi * (np.arctan(p) + p / (1 + p * p) + 2 * p / (3 * (1 + p * p) ** 2))


def test_forty_materials_take_less_than_two_seconds():
    materials = [Material(n) for n in material_names() if n.startswith("icrp110-male")][:40]
    start = time.perf_counter()
    build_tables(materials)
    assert time.perf_counter() - start < 6  # 0.3 s on an idle core; room for a busy one


def test_doppler_changes_mu_en_only():
    plain, broadened = (build_tables([Material("iodine")], doppler=d).attenuation for d in (False, True))
    assert (plain.mu == broadened.mu).all()
    assert (plain.mu_en != broadened.mu_en).any()


@pytest.mark.parametrize(
    ("materials", "cutoff", "error", "text"),
    [
        ([], 1.0, ValueError, "materials=0"),
        (["water"], 1.0, TypeError, "not a Material"),
        ([Material("water")], 0.5, ValueError, r"cutoff_kev=0\.5"),
        ([Material("water")], float("nan"), ValueError, "cutoff_kev=nan"),
    ],
)
def test_bad_input(materials, cutoff, error, text):
    with pytest.raises(error, match=text):
        build_tables(materials, cutoff_kev=cutoff)


def test_physics_version_names_library_and_data():
    assert physics_version().startswith("xraylib ")
    assert len(physics_version().split()[-1]) == 12
