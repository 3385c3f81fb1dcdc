"""The noise of an image: a closed answer, and filtered backprojections of noisy sinograms."""

import numpy as np
import pytest

import ctdose
from ctdose.imaging.detector import Detector
from ctdose.imaging.filter_kernel import WINDOWS, FilterKernel
from ctdose.imaging.noise import ANGLES, HU, Image, NoiseModel
from ctdose.imaging.primary import ImagingBeam, imaging_beam
from ctdose.physics.cross_sections import mass_coefficients
from ctdose.physics.materials import Material
from ctdose.scanner.library import load_scanner

PIXEL_MM, SIDE = 2.5, 128
TAU_CM = 0.1
MAS = np.full(ANGLES, 100.0)
KERNEL = FilterKernel("hann", 10.0 / (2.0 * PIXEL_MM))
IMAGE = Image(slice_thickness_mm=5.0, kernel=KERNEL)
SETTINGS = {
    "120 kV": (120.0, "body", Detector()),
    "80 kV": (80.0, "body", Detector()),
    "head filter": (120.0, "head", Detector()),
    "counting": (120.0, "body", Detector("photon-counting", "cadmium_telluride", 1.6, 25.0)),
    "scatter": (120.0, "body", Detector(scatter_to_primary=0.3)),
}
POINTS = {"centre": (64, 64), "side": (64, 98), "front": (44, 64)}


@pytest.fixture(scope="module")
def body():
    """An elliptic trunk of water with two lungs and a spine, one slice."""
    y, x = (np.indices((SIDE, SIDE)) - (SIDE - 1) / 2.0) * PIXEL_MM
    index = np.zeros((SIDE, SIDE), np.uint8)
    index[(x / 145.0) ** 2 + (y / 95.0) ** 2 < 1.0] = 1
    for side in (-1.0, 1.0):
        index[((x - side * 70.0) / 35.0) ** 2 + (y / 55.0) ** 2 < 1.0] = 2
    index[x**2 + (y - 60.0) ** 2 < 18.0**2] = 3
    materials = [Material(name) for name in ("air", "water", "lung_inflated", "cortical_bone")]
    origin = tuple([-(SIDE - 1) / 2.0 * PIXEL_MM] * 2 + [0.0])
    return ctdose.VoxelPhantom(index[None], materials, (PIXEL_MM, PIXEL_MM, 5.0), origin)


def beam_of(kv: float, bowtie: str) -> ImagingBeam:
    """A beam of generic-64 with an output of the right size."""
    return imaging_beam(load_scanner("generic-64"), kv, bowtie, 2e10 * (kv / 120.0) ** 2)


def place_mm(point: tuple[int, int]) -> tuple[float, float]:
    """x and y of the middle between the pixels that the rotation of scikit-image turns about, from (row, column)."""
    row, column = point
    return ((column - (SIDE - 1) / 2.0) * PIXEL_MM, (row - (SIDE - 1) / 2.0) * PIXEL_MM)


def modelled(body, setting, point) -> float:
    """Noise by the model, HU."""
    kv, bowtie, detector = SETTINGS[setting]
    image = Image(IMAGE.slice_thickness_mm, KERNEL, detector)
    axis = (PIXEL_MM / 2.0, PIXEL_MM / 2.0)  # scikit-image turns about pixel SIDE // 2
    return NoiseModel(body, beam_of(kv, bowtie), image, axis).at(0, place_mm(point), MAS).noise_hu


def cylinder_noise(detector: Detector):
    """Noise in the middle of a cylinder of water at 60 keV, all rays alike; and the photons behind it, per cm2."""
    y, x = (np.indices((200, 200)) - 99.5) * 1.0
    index = (x**2 + y**2 < 80.0**2).astype(np.uint8)[None]
    water = ctdose.VoxelPhantom(
        index, [Material("air"), Material("water")], (1.0, 1.0, 5.0), (-99.5, -99.5, 0.0)
    )
    beam = ImagingBeam(np.array([60.0]), np.array([1e7]), np.zeros(1), load_scanner("generic-64"), "body")
    image = Image(5.0, FilterKernel("ram-lak", 1.0 / (2.0 * TAU_CM)), detector, 900, 10.0 * TAU_CM)
    mu = mass_coefficients(Material("water"), [60.0]).total[0]
    air = mass_coefficients(Material("air"), [60.0]).total[0] * Material("air").density_g_cm3
    return NoiseModel(water, beam, image, (0.0, 0.0)).at(0, (0.0, 0.0), MAS), 1e9 * np.exp(
        -mu * 16.0 - air * 4.0
    )


def test_the_centre_of_a_cylinder_has_the_noise_of_the_formula() -> None:
    """One energy, all rays alike: sigma^2 = pi^2 / (12 tau^3 T n) (1000/mu)^2."""
    detector, thickness = Detector(), 0.5
    got, photons = cylinder_noise(detector)
    mu = mass_coefficients(Material("water"), [60.0]).total[0]
    quanta = photons * detector.efficiency(np.array([60.0]))[0]
    expected = HU / mu * np.pi / np.sqrt(12.0 * TAU_CM**3 * thickness * quanta)
    assert got.noise_hu == pytest.approx(expected, rel=0.01)  # the circle of pixels is not quite round
    assert got.water_per_cm == pytest.approx(mu)


def test_electronic_noise_as_large_as_that_of_the_quanta_adds_as_much() -> None:
    """Of one element in one view: the root of its mean number of photons, times their energy."""
    quantum, photons = cylinder_noise(Detector())
    of_element = photons * Detector().efficiency(np.array([60.0]))[0] / 900 * TAU_CM**2
    got, _ = cylinder_noise(Detector(electronic_noise_kev=60.0 * float(np.sqrt(of_element))))
    assert got.electronic_hu == pytest.approx(quantum.noise_hu, rel=0.01)
    assert got.noise_hu == pytest.approx(np.sqrt(2.0) * quantum.noise_hu, rel=0.01)


def test_windows_let_through_what_their_integrals_say() -> None:
    """By the trapezoid rule, and the closed 2/3 of the bare ramp."""
    x = np.linspace(0.0, 1.0, 200001)
    for name, window in WINDOWS.items():
        expected = 2.0 * np.trapezoid((x * window(x)) ** 2, x)
        assert FilterKernel(name, 1.0).noise_integral_per_cm3 == pytest.approx(expected, rel=1e-6)
    assert FilterKernel("ram-lak", 2.0).noise_integral_per_cm3 == pytest.approx(2.0 / 3.0 * 8.0)


def test_noise_falls_with_the_root_of_load_and_thickness(body) -> None:
    """And electronic noise adds in quadrature."""
    beam = beam_of(120.0, "body")
    model = NoiseModel(body, beam, IMAGE, (0.0, 0.0))
    one = model.at(0, (0.0, 0.0), MAS).noise_hu
    assert model.at(0, (0.0, 0.0), 4.0 * MAS).noise_hu == pytest.approx(one / 2.0)
    noisy = NoiseModel(body, beam, Image(5.0, KERNEL, Detector(electronic_noise_kev=300.0)), (0.0, 0.0)).at(
        0, (0.0, 0.0), MAS
    )
    assert noisy.electronic_hu > 0.0
    assert noisy.noise_hu == pytest.approx(np.hypot(one, noisy.electronic_hu))


def test_a_view_without_load_is_refused(body) -> None:
    """The noise of a partial rotation is not modelled."""
    model = NoiseModel(body, beam_of(120.0, "body"), IMAGE, (0.0, 0.0))
    with pytest.raises(ValueError, match="full rotations"):
        model.at(0, (0.0, 0.0), np.where(np.arange(ANGLES) < 5, 0.0, MAS))


@pytest.fixture(scope="module")
def measured(body):
    """Noise of real reconstructions, HU over 1000/mu: the same random numbers in every setting."""
    transform = pytest.importorskip("skimage.transform")
    angles = np.arange(0.0, 180.0, 1.0)
    maps = [
        (body.material_index[0] == m) * material.density_g_cm3 for m, material in enumerate(body.materials)
    ]
    paths = np.stack([transform.radon(one, angles, circle=False) for one in maps], axis=-1) * PIXEL_MM / 10.0
    middle = paths.shape[0] // 2
    s_mm = (np.arange(paths.shape[0]) - middle) * PIXEL_MM
    random = np.random.default_rng(7)
    draws = random.standard_normal((120, *paths.shape[:2]))
    found = {}
    for name, (kv, bowtie, detector) in SETTINGS.items():
        beam = beam_of(kv, bowtie)
        fan = np.arcsin(s_mm / beam.radius_mm)
        mass = np.array([mass_coefficients(m, beam.energies_kev).total for m in body.materials])
        photons = beam.behind_bowtie(fan)[:, None, :] * np.exp(-paths @ mass)
        signal = photons @ detector.gain(beam.energies_kev)
        variance = photons @ detector.gain_squared(beam.energies_kev) * (1.0 + detector.scatter_to_primary)
        cell = MAS[0] / angles.size * (PIXEL_MM / 10.0) * (IMAGE.slice_thickness_mm / 10.0)
        sigma = np.sqrt(variance / cell) / signal
        images = [
            transform.iradon(sigma * draw, angles, filter_name="hann", circle=False, output_size=SIDE)
            / (PIXEL_MM / 10.0)
            for draw in draws
        ]
        found[name] = np.array(images)
    return found


@pytest.mark.parametrize("setting", [name for name in SETTINGS if name != "120 kV"])
@pytest.mark.parametrize("point", POINTS)
def test_ratios_are_those_of_reconstructed_images(body, measured, setting, point) -> None:
    """Within 2 %: noise at a setting over noise at 120 kV, in real reconstructions and in the model."""
    row, column = POINTS[point]
    near = (slice(None), slice(row - 2, row + 3), slice(column - 2, column + 3))
    spread = {name: measured[name][near].std() for name in (setting, "120 kV")}
    water = {}
    for name in spread:
        kv, bowtie, detector = SETTINGS[name]
        model = NoiseModel(body, beam_of(kv, bowtie), Image(5.0, KERNEL, detector), (0.0, 0.0))
        water[name] = model.at(0, place_mm(POINTS[point]), MAS).water_per_cm
    real = spread[setting] / spread["120 kV"] * water["120 kV"] / water[setting]
    model = modelled(body, setting, POINTS[point]) / modelled(body, "120 kV", POINTS[point])
    assert model == pytest.approx(real, rel=0.02)


@pytest.mark.parametrize("point", POINTS)
def test_the_level_is_that_of_a_reconstruction_but_for_interpolation(body, measured, point) -> None:
    """Backprojection with linear interpolation smooths: its noise is 11 to 16 % lower here, never higher."""
    row, column = POINTS[point]
    spread = measured["120 kV"][:, row - 2 : row + 3, column - 2 : column + 3].std()
    model = NoiseModel(body, beam_of(120.0, "body"), IMAGE, (0.0, 0.0))
    noise = model.at(0, place_mm(POINTS[point]), MAS)
    assert 0.8 < spread * HU / noise.water_per_cm / noise.noise_hu < 1.0
