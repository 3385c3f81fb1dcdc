"""mu_en by the transport's own physics."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ctdose.physics.compton_recoil import FINE_STRUCTURE, HC, recoil_fraction
from ctdose.physics.cross_sections import mass_coefficients
from ctdose.physics.elements import atomic_number
from ctdose.physics.energy_absorption import mass_energy_absorption
from ctdose.physics.materials import Material

NIST_KEV = [10, 20, 30, 40, 50, 60, 80, 100, 150]
NIST = {  # Hubbell and Seltzer, NISTIR 5632, cm2/g
    "water": [4.944, 0.5503, 0.1557, 0.06947, 0.04223, 0.03190, 0.02597, 0.02546, 0.02764],
    "air": [4.742, 0.5389, 0.1537, 0.06833, 0.04098, 0.03041, 0.02407, 0.02325, 0.02496],
}


def test_water_at_60_kev():
    assert mass_energy_absorption(Material("water"), 60.0) == pytest.approx(0.0319, abs=5e-5)


@pytest.mark.parametrize("name", NIST)
def test_against_nist(name):
    assert mass_energy_absorption(Material(name), NIST_KEV) == pytest.approx(NIST[name], rel=1.5e-3)


@pytest.mark.reference
def test_air_against_aapm_report_195():
    folder = os.environ.get("CTDOSE_REFERENCE")
    if not folder:
        pytest.skip("CTDOSE_REFERENCE is not set")
    table = json.loads((Path(folder) / "tg195" / "tg195.json").read_text(encoding="utf-8"))[
        "mu_en_rho_air_cm2_per_g"
    ]
    energy, value = (np.array(table[key]) for key in ("energy_keV", "value"))
    used = energy > 15
    ratio = mass_energy_absorption(Material("air"), energy[used]) / value[used]
    assert np.median(ratio) == pytest.approx(1, abs=2e-3)
    assert ratio == pytest.approx(1, abs=1.5e-2)  # the report's table interpolates between few energies


def _by_brute_force(material, energy):
    """The recoil fraction straight from xraylib's S on a fine grid in theta."""
    import xraylib

    theta = np.pi * (np.arange(20000) + 0.5) / 20000
    t = 1 - np.cos(theta)
    ratio = 1 / (1 + energy / 510.99895 * t)
    x = energy / HC * np.sin(theta / 2)
    s = np.zeros_like(x)
    for element, atoms in material.atom_fractions().items():
        z = atomic_number(element)
        s += atoms * np.array([xraylib.SF_Compt(z, q) if q > 0.002 else 0.0 for q in x])
    weight = np.sin(theta) * ratio**2 * (ratio + 1 / ratio - np.sin(theta) ** 2) * s
    return (weight * (1 - ratio)).sum() / weight.sum()


@pytest.mark.parametrize(
    ("name", "energy"), [("water", 5.0), ("water", 60.0), ("lead", 30.0), ("iodine", 140.0)]
)
def test_recoil_fraction_against_brute_force(name, energy):
    material = Material(name)
    assert recoil_fraction(material, np.array([energy]))[0] == pytest.approx(
        _by_brute_force(material, energy), rel=2e-4
    )


@pytest.mark.parametrize(("name", "energy"), [("water", 10.0), ("iodine", 20.0), ("iodine", 100.0)])
def test_doppler_recoil_against_sampling(name, energy):
    """Sampled as the kernel does: an angle from KN x S, |p_z| from the profile, a sign, gains redrawn."""
    from ctdose.physics.compton_profile import profile_integral, profile_nodes
    from ctdose.physics.form_factors import form_tables, squared_x_nodes

    rng = np.random.default_rng(7)
    material = Material(name)
    t = 2 * rng.random(400_000)
    ratio = 1 / (1 + energy / 510.99895 * t)
    s = np.interp((energy / HC) ** 2 * t / 2, squared_x_nodes(), form_tables(material).incoherent)
    density = 0.5 * ratio**2 * (ratio + 1 / ratio - t * (2 - t)) * s
    keep = rng.random(t.size) < density
    t, ratio = t[keep], ratio[keep]
    shifted = np.full(t.size, 2.0)
    while (again := shifted > 1).any():
        size = np.interp(rng.random(again.sum()), profile_integral(material), profile_nodes())
        q = FINE_STRUCTURE * size * rng.choice([-1, 1], again.sum())
        a, b = 1 / ratio[again] ** 2 - q**2, 1 / ratio[again] - q**2 * (1 - t[again])
        shifted[again] = (b + np.sign(q) * np.sqrt(b * b - a * (1 - q * q))) / a
    expected = recoil_fraction(material, np.array([energy]), doppler=True)[0]
    sigma = shifted.std() / np.sqrt(shifted.size)
    assert abs(1 - shifted.mean() - expected) < 3.5 * sigma


def test_doppler_hardly_changes_water_at_diagnostic_energies():
    energy = np.array([40.0, 60.0, 100.0])
    plain = mass_energy_absorption(Material("water"), energy)
    assert mass_energy_absorption(Material("water"), energy, doppler=True) == pytest.approx(plain, rel=3e-3)


def test_cutoff_above_the_lines_keeps_their_energy():
    iodine = Material("iodine")
    tau, sigma, _ = mass_coefficients(iodine, [40.0])
    without = tau + sigma * recoil_fraction(iodine, np.array([40.0]))
    assert mass_energy_absorption(iodine, [40.0], cutoff_kev=50.0) == pytest.approx(without)
    assert mass_energy_absorption(iodine, [40.0])[0] < 0.55 * without[0]


def test_shape_is_kept():
    assert mass_energy_absorption(Material("air"), 60.0).shape == ()
    assert mass_energy_absorption(Material("air"), np.full((2, 2), 60.0)).shape == (2, 2)


RECOIL = """
import sys
import numpy as np
from ctdose.physics.compton_recoil import recoil_fraction
from ctdose.physics.materials import Material
energies = np.geomspace(1.0, 256.0, 1025)
sys.stdout.buffer.write(b"".join(recoil_fraction(Material(m), energies).tobytes() for m in ("water", "blood", "iron")))
"""


def test_recoil_does_not_depend_on_the_number_of_processors():
    """BLAS would share a product out among its threads, and another number of them gives other last bits."""
    made = [
        subprocess.run(
            [sys.executable, "-c", RECOIL],
            env={**os.environ, "OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads},
            stdout=subprocess.PIPE,
            check=True,
        ).stdout
        for threads in ("1", "2")
    ]
    assert made[0] == made[1]
    assert len(made[0]) == 3 * 1025 * 8
