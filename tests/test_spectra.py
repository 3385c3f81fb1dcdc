"""Spectra: the tube against SpekPy, half-value layers, files."""

import math

import numpy as np
import pytest

from ctdose.errors import CtdoseError
from ctdose.physics.cross_sections import linear_attenuation
from ctdose.physics.materials import Material
from ctdose.physics.spectra import Spectrum, heel_profile, monoenergetic, spectrum_from_file, tube_spectrum
from ctdose.physics.tube_table import tube_table, unfiltered_spectrum

SPEKPY_10_DEG_7_AL = {  # kV: HVL1, HVL2 (mm Al), mean energy (keV), uGy/mAs at 1 m
    80: (4.78, 6.00, 48.9, 29.3),
    100: (5.90, 7.50, 55.5, 50.1),
    120: (6.88, 8.75, 61.0, 74.9),
    140: (7.77, 9.81, 65.9, 103.0),
}


@pytest.mark.parametrize("kv", SPEKPY_10_DEG_7_AL)
def test_tube_with_seven_mm_of_aluminium(kv):
    hvl1, hvl2, mean, kerma = SPEKPY_10_DEG_7_AL[kv]
    spectrum = tube_spectrum(kv, 10, {"aluminium": 7})
    assert spectrum.hvl_mm() == pytest.approx(hvl1, rel=5e-3)
    assert spectrum.second_hvl_mm() == pytest.approx(hvl2, rel=5e-3)
    assert spectrum.mean_energy_kev == pytest.approx(mean, abs=0.1)
    assert spectrum.air_kerma() == pytest.approx(kerma, rel=0.015)


def test_tin_filter():
    spectrum = tube_spectrum(140, 10, {"Al": 3, "Ti": 0.9, "Sn": 0.4})
    assert spectrum.hvl_mm() == pytest.approx(13.2, abs=0.1)
    assert spectrum.mean_energy_kev == pytest.approx(88.5, abs=0.2)


CT_BEAMS = [  # most of them off the grid of the table
    (67.4, 8.4, {"Al": 2.5}),
    (72.5, 12, {"Al": 6, "Cu": 0.1}),
    (97.5, 7.5, {"Al": 4, "Cu": 0.3}),
    (112.5, 9.5, {"Al": 4}),
    (120, 7, {"Al": 7}),
    (137.5, 11.5, {"Al": 3, "Ti": 0.9, "Sn": 0.4}),
    (147.5, 8, {"Al": 9}),
]


def spekpy_tube(kv, angle, bin_kev=0.5):
    spekpy = pytest.importorskip("spekpy", reason='needs pip install "ctdose[spectra]"')
    return spekpy.Spek(kvp=kv, th=angle, dk=bin_kev, physics="casim")


@pytest.mark.parametrize(("kv", "angle", "filtration"), CT_BEAMS)
def test_half_value_layers_agree_with_spekpy(kv, angle, filtration):
    tube = spekpy_tube(kv, angle)
    tube.multi_filter(list(filtration.items()))
    spectrum = tube_spectrum(kv, angle, filtration)
    assert spectrum.hvl_mm() == pytest.approx(tube.get_hvl1(), rel=5e-3)
    assert spectrum.second_hvl_mm() == pytest.approx(tube.get_hvl2(), rel=5e-3)
    assert spectrum.mean_energy_kev == pytest.approx(tube.get_emean(), rel=2.5e-3)
    assert spectrum.air_kerma() == pytest.approx(tube.get_kerma(), rel=0.01)


@pytest.mark.parametrize(
    ("kv", "angle", "filtration"),
    [
        *CT_BEAMS,
        (50, 8, {"Al": 1}),
        (52.3, 11.6, {"Al": 2.5}),
        (150, 8, {"Sn": 0.6}),
        (120, 8, {"Al": 7, "Sn": 0.4}),
    ],
)
def test_spekpy_with_our_cross_sections(kv, angle, filtration):
    """What is left of the difference from SpekPy when the cross sections are the same: that of the table."""
    energies, fluence = spekpy_tube(kv, angle, bin_kev=0.1).get_spectrum(edges=False, flu=True, diff=True)
    exact = Spectrum(energies, 0.1 * fluence, absolute=True).filtered(filtration)
    spectrum = tube_spectrum(kv, angle, filtration)
    assert spectrum.hvl_mm() == pytest.approx(exact.hvl_mm(), rel=1e-3)
    assert spectrum.second_hvl_mm() == pytest.approx(exact.second_hvl_mm(), rel=1e-3)
    assert spectrum.mean_energy_kev == pytest.approx(exact.mean_energy_kev, rel=1e-3)
    assert spectrum.air_kerma() == pytest.approx(exact.air_kerma(), rel=2e-3)


def test_joined_bins_keep_photons_and_energy():
    fine = Spectrum(np.array([10.0, 11.0, 12.0, 13.0, 14.0]), np.array([5.0, 1.0, 3.0, 0.0, 0.0]))
    joined = fine.joined(2)
    assert joined.energies_kev == pytest.approx([11.75, 13.5])
    assert joined.weights == pytest.approx([4.0, 0.0])


def test_heel_agrees_with_spekpy():
    spekpy = pytest.importorskip("spekpy", reason='needs pip install "ctdose[spectra]"')
    angles = np.array([6.3, 8.5, 10.0, 12.5])
    kerma = []
    for offset in np.radians(angles - 10):
        ray = spekpy.Spek(kvp=120, th=10, dk=0.5, physics="casim", x=100 * math.tan(offset), obli=False)
        ray.filter("Al", 7)
        kerma.append(ray.get_kerma() / math.cos(offset) ** 2)
    assert heel_profile(120, 10, {"Al": 7}, angles) == pytest.approx(np.array(kerma) / kerma[2], rel=5e-3)


def test_heel_profile_is_one_on_the_central_ray_and_ends_at_the_anode():
    profile = heel_profile(100, 8, {"Al": 5}, [-1.0, 0.0, 0.5, 1.0, 4.0, 8.0, 12.0])
    assert profile[5] == pytest.approx(1, rel=1e-9)
    assert (profile[:2] == 0).all()
    assert profile[2] == pytest.approx(profile[3] / 2)
    assert (np.diff(profile[1:]) > 0).all()


def test_table_is_unfiltered_and_ends_at_the_tube_voltage():
    for kv in (50.0, 117.3, 150.0):
        spectrum = unfiltered_spectrum(kv, 9.0)
        assert spectrum.energies_kev[-1] == pytest.approx(kv - 0.05)
        assert spectrum.energies_kev[0] >= 1
        assert spectrum.absolute
    assert "SpekPy" in tube_table().made_with


def test_characteristic_lines_keep_their_energy_between_grid_voltages():
    spectrum = unfiltered_spectrum(117.0, 10.0)
    near = np.abs(spectrum.energies_kev - 59.3) < 0.6
    around = (np.abs(spectrum.energies_kev - 59.3) < 3) & (np.abs(spectrum.energies_kev - 58) > 1) & ~near
    assert spectrum.weights[near].max() > 2.5 * spectrum.weights[around].mean()


def test_k_lines_need_the_k_edge():
    table = tube_table()
    k_lines = table.line_kev > 50
    assert table.lines[table.tube_voltage_kv <= 69][..., k_lines].sum() == 0
    assert (table.lines[table.tube_voltage_kv >= 75][..., k_lines].sum(axis=-1) > 0).all()


def test_one_energy_has_a_closed_half_value_layer():
    mu = linear_attenuation(Material("copper"), 60.0)
    spectrum = monoenergetic(60)
    assert spectrum.hvl_mm("Cu") == pytest.approx(10 * math.log(2) / mu, rel=1e-12)
    assert spectrum.second_hvl_mm(Material("copper")) == pytest.approx(spectrum.hvl_mm("Cu"), rel=1e-12)
    assert spectrum.mean_energy_kev == 60


def test_filters_attenuate_exponentially_and_add_up():
    spectrum = tube_spectrum(100, 10)
    once = spectrum.filtered({"Al": 2, "water": 10})
    assert once.filtered({"aluminium": 3}).weights == pytest.approx(
        spectrum.filtered({"Al": 5, "water": 10}).weights, rel=1e-12
    )
    layer = spectrum.filtered({"Al": 3}).hvl_mm()
    after = spectrum.filtered({"Al": 3 + layer}).air_kerma()
    assert after == pytest.approx(spectrum.filtered({"Al": 3}).air_kerma() / 2, rel=1e-9)
    assert "3 mm aluminium" in spectrum.filtered({"Al": 3}).source


def test_kerma_rises_with_voltage_and_angle():
    kerma = [tube_spectrum(kv, 10, {"Al": 7}).air_kerma() for kv in np.linspace(60, 150, 37)]
    assert (np.diff(kerma) > 0).all()
    kerma = [tube_spectrum(120, angle, {"Al": 7}).air_kerma() for angle in np.linspace(7, 12, 11)]
    assert (np.diff(kerma) > 0).all()


def test_spectra_compare_and_do_not_change():
    assert monoenergetic(60) == monoenergetic(60.0)
    assert hash(monoenergetic(60)) == hash(monoenergetic(60.0))
    assert monoenergetic(60) != monoenergetic(61)
    with pytest.raises(ValueError, match="read-only"):
        monoenergetic(60).weights[0] = 2


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((49, 10), r"tube_voltage_kv=49 .*50 to 150 kV"),
        ((120, 13), r"anode_angle_deg=13 .*7 to 12 degrees"),
        ((float("nan"), 10), "tube_voltage_kv=nan"),
        ((120, 10, {"Al": -1}), r"filtration_mm\[Al\]=-1"),
        ((120, 10, {"unobtainium": 1}), "material=unobtainium"),
    ],
)
def test_bad_tubes(arguments, text):
    with pytest.raises(ValueError, match=text):
        tube_spectrum(*arguments)


@pytest.mark.parametrize(
    ("energies", "weights", "text"),
    [
        ([60, 50], [1, 1], "do not rise"),
        ([50, 60], [1], "one weight for each"),
        ([], [], "one weight for each"),
        ([0.5, 60], [1, 1], "1 to 150 keV"),
        ([60, 151], [1, 1], "1 to 150 keV"),
        ([50, 60], [1, -1], "negative"),
        ([50, 60], [0, 0], "all zero"),
        ([50, math.nan], [1, 1], "do not rise"),
    ],
)
def test_bad_spectra(energies, weights, text):
    with pytest.raises(ValueError, match=text):
        Spectrum(np.array(energies, float), np.array(weights, float))


def test_a_spectrum_file(tmp_path):
    file = tmp_path / "tube.txt"
    file.write_text("# energy, photons\n40 1\n50, 2  # peak\n\n60\t0\n", encoding="utf-8")
    spectrum = spectrum_from_file(file)
    assert spectrum.energies_kev.tolist() == [40, 50, 60]
    assert spectrum.weights.tolist() == [1, 2, 0]
    assert not spectrum.absolute
    assert spectrum.source == "file tube.txt"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"40 1\n50 two\n", r"tube.txt:2: row=50 two \(not two numbers\)"),
        (b"40 1 3\n", r"tube.txt:1: columns=3"),
        (b"# nothing\n", r"tube.txt: spectrum=0 lines \(no photons\)"),
        (b"40 0\n", r"tube.txt: spectrum=1 lines \(no photons\)"),
        (b"50 1\n40 1\n", r"tube.txt:2: energy_kev=40 \(not above"),
        (b"50 1\n50 1\n", r"tube.txt:2: energy_kev=50 \(not above"),
        (b"400 1\n", r"tube.txt:1: energy_kev=400 \(outside"),
        (b"nan 1\n", r"tube.txt:1: energy_kev=nan \(outside"),
        (b"40 -1\n", r"tube.txt:1: weight=-1"),
        (b"40 inf\n", r"tube.txt:1: weight=inf"),
        (b"\xff\xfe4\x000\x00", r"not UTF-8"),
    ],
)
def test_bad_spectrum_files(tmp_path, text, message):
    file = tmp_path / "tube.txt"
    file.write_bytes(text)
    with pytest.raises(CtdoseError, match=message) as caught:
        spectrum_from_file(file)
    assert "\n" not in str(caught.value)


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(CtdoseError, match="No such file"):
        spectrum_from_file(tmp_path / "no.txt")
    with pytest.raises(CtdoseError, match="cannot be read"):
        spectrum_from_file(tmp_path)


def test_large_files_are_not_read(tmp_path):
    file = tmp_path / "large.txt"
    file.write_bytes(b"#" * 1_000_001)
    with pytest.raises(CtdoseError, match="not a spectrum"):
        spectrum_from_file(file)
