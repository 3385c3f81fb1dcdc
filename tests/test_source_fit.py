"""A source that the test makes up is recovered from its own measurements, and what cannot be known is said."""

import numpy as np
import pytest

import measured_sources as truth
from ctdose.calibration import chamber_response
from ctdose.calibration.calibrate_source import calibrate_source
from ctdose.calibration.measurement_file import MeasurementError
from ctdose.results.source_text import fit_line, parameter_rows, reading_rows, undetermined
from ctdose.scanner.beam_quality import beam_quality

BATCHES = 96
SOURCE = truth.made_up()


@pytest.fixture(autouse=True)
def few_histories(interpreted, monkeypatch):
    if interpreted:
        pytest.skip("millions of histories")
    monkeypatch.setattr(chamber_response, "BATCHES", BATCHES)


@pytest.fixture
def fit(tmp_path):
    """Fit a file of measurements."""

    def run(text: str):
        file = tmp_path / "measured.yaml"
        file.write_text(text, encoding="utf-8")
        return calibrate_source(file, threads=2)

    return run


def of(found, name: str) -> tuple[float, float, float]:
    """A parameter, its error, and the share of it that the readings say."""
    (i,) = [i for i, p in enumerate(found.fit.parameters) if p.name == name]
    return *found.fit.value_and_error(i), float(found.fit.said[i])


def body_beams(rng, *, phantoms=(32, 16)) -> list[dict]:
    """Body bowtie at 80 and 120 kV; phantoms and air kerma at 120 kV."""
    kerma = truth.OUTPUT * beam_quality(SOURCE, 120.0, "body").air_kerma_mgy_per_100mas * 0.988
    at_120 = {
        "bowtie": "body",
        "tube_voltage_kv": 120.0,
        **truth.layers(SOURCE, 120.0, "body", rng),
        "air_kerma_mgy_per_100mas": truth.noisy(rng, kerma, truth.KERMA_ERROR),
    }
    if phantoms:
        at_120["ctdi"] = [truth.in_phantom(SOURCE, 120.0, "body", size, rng) for size in phantoms]
    return [{"bowtie": "body", "tube_voltage_kv": 80.0, **truth.layers(SOURCE, 80.0, "body", rng)}, at_120]


def test_with_a_profile_everything_is_recovered(fit):
    """Filtration, three parameters of the bowtie and the output, each within its error and well known."""
    rng = np.random.default_rng(1)
    profile = truth.across_the_fan(SOURCE, 120.0, "body", rng)
    found = fit(truth.file_of(body_beams(rng), [profile]))
    assert not found.misfit
    for name, expected, known in (
        ("filtration aluminium", 5.2, 0.08),
        ("bowtie body: angle", 0.235, 0.06),
        ("bowtie body: rise", 26.0, 0.12),
        ("bowtie body: p", 3.4, 0.05),
        ("output at 120 kV", truth.OUTPUT, 0.05),
    ):
        value, error, said = of(found, name)
        assert abs(value - expected) < 3.0 * error, f"{name}: {value} ± {error}"
        assert error < known * expected, f"{name}: {value} ± {error}"
        assert said > 0.75
    assert found.scanner.bowties["body"].verified
    assert found.fit.degenerate == []


def test_its_errors_are_those_of_repeated_measurements(fit, statistics):
    """Readings drawn again and again: the parameters scatter about the truth as their errors say."""
    expected = {"filtration aluminium": 5.2, "bowtie body: angle": 0.235, "bowtie body: p": 3.4}
    draws = 25
    pulls = np.empty((draws, len(expected)))
    for k in range(draws):
        rng = np.random.default_rng(100 + k)
        beams = [
            {"bowtie": "body", "tube_voltage_kv": kv, **truth.layers(SOURCE, kv, "body", rng)}
            for kv in (80.0, 140.0)
        ]
        found = fit(truth.file_of(beams, [truth.across_the_fan(SOURCE, 120.0, "body", rng)]))
        for j, (name, value) in enumerate(expected.items()):
            fitted, error, _ = of(found, name)
            pulls[k, j] = np.log(fitted / value) / (error / fitted)
    level = statistics.level(2 * len(expected))
    assert np.all(np.abs(pulls.mean(axis=0)) * np.sqrt(draws) < statistics.z_limit(level) + 0.5)
    from scipy.stats import chi2

    low, high = chi2.ppf([level / 2.0, 1.0 - level / 2.0], draws)
    assert np.all((low < (pulls**2).sum(axis=0)) & ((pulls**2).sum(axis=0) < high))


def test_without_a_profile_phantoms_show_the_bowtie(fit):
    """Centre and periphery in both phantoms: the thickness where the fan is open is recovered, the rest stays loose."""
    rng = np.random.default_rng(2)
    found = fit(truth.file_of(body_beams(rng)))
    assert not found.misfit
    for name, expected in (("angle", 0.235), ("rise", 26.0), ("p", 3.4)):
        value, error, _ = of(found, f"bowtie body: {name}")
        assert abs(np.log(value / expected)) < 3.0 * error / value, f"{name}: {value} ± {error}"
    value, error, _ = of(found, "filtration aluminium")
    assert abs(value - 5.2) < 3.0 * error
    assert error < 0.4
    base = truth.load_scanner("generic-64")
    for size in (32, 16):
        centre, periphery = found.model.ctdi_mgy(found.fit.scanner, "body", 120.0, size)[0]
        of_base = np.divide(*found.model.ctdi_mgy(base, "body", 120.0, size)[0])
        true = np.divide(*truth.ctdi_of(SOURCE, 120.0, "body", size))
        assert centre / periphery == pytest.approx(true, rel=0.03)
        if size == 32:
            assert abs(centre / periphery - true) < 0.5 * abs(of_base - true)
    assert found.fit.degenerate
    assert any("Only a combination" in line for line in undetermined(found))
    assert not found.scanner.bowties["body"].verified


def test_a_thickness_at_every_angle(fit):
    """Turner's way: no formula; between the angles straight lines, beyond them the shape of the base."""
    rng = np.random.default_rng(3)
    profile = truth.across_the_fan(SOURCE, 120.0, "body", rng, shape="table")
    found = fit(truth.file_of(body_beams(rng, phantoms=()), [profile]))
    assert not found.misfit
    table = np.array(found.scanner.bowties["body"].table_deg_mm)
    degrees = np.rad2deg(np.arctan(np.array(truth.OFF_AXIS_MM) / 541.0))
    assert table[: degrees.size, 0] == pytest.approx(degrees, abs=1e-3)
    expected = SOURCE.bowtie_thickness_mm("body", np.deg2rad(degrees))
    errors = [of(found, f"bowtie body: thickness at {a:.4g} deg")[1] for a in np.round(degrees[1:], 4)]
    assert np.all(np.abs(table[1 : degrees.size, 1] - expected[1:]) < 3.5 * np.array(errors))
    assert table[-1, 0] == pytest.approx(28.0)  # beyond the end of the fan at 27.5
    assert any("Profile of body: it ends at 23.9 deg" in line for line in undetermined(found))


def test_half_value_layers_alone(fit):
    """The filtration is known, the bowtie is that of the base, no absolute dose; all of it is said."""
    beams = [{"bowtie": "body", "tube_voltage_kv": 120.0, **truth.layers(SOURCE, 120.0, "body", None)}]
    found = fit(truth.file_of(beams))
    value, error, said = of(found, "filtration aluminium")
    assert abs(value - 5.2) < 0.1 * error
    assert said > 0.9
    base = truth.load_scanner("generic-64").bowties["body"]
    assert found.scanner.bowties["body"].thickness_mm(np.array([0.2])) == base.thickness_mm(np.array([0.2]))
    assert found.scanner.output is None
    assert not found.scanner.bowties["body"].verified
    lines = "\n".join(undetermined(found))
    assert "Thickness of bowtie body on the central ray cannot be told from flat filtration" in lines
    assert (
        "No profile and no CTDI in a phantom behind bowties head, body, large: its shape is that of generic-64"
        in lines
    )
    assert "Nothing was measured in mGy" in lines


def test_without_a_periphery_value(fit):
    """A centre alone shows next to nothing of the bowtie; the missing value is named, and CTDI_w is the fit's."""
    beams = body_beams(None, phantoms=(32,))
    del beams[1]["ctdi"][0]["periphery_mgy_per_100mas"], beams[1]["air_kerma_mgy_per_100mas"]
    found = fit(truth.file_of(beams))
    assert max(of(found, f"bowtie body: {role}")[2] for role in ("angle", "rise", "p")) < 0.1
    lines = "\n".join(undetermined(found))
    assert "No periphery value of body at 120 kV in 32 cm" in lines
    assert "the readings say next to nothing about angle, rise, p; held near generic-64" in lines
    assert "CTDI_w of body in 32 cm at 120 kV was not measured" in lines
    assert "CTDI_w of the fitted source, not measured: body 32 cm 120 kV" in found.scanner.output.source
    (((_, stated),),) = (t.ctdi_w_mgy_per_100mas for t in found.scanner.output.tables)
    centre, periphery = truth.ctdi_of(SOURCE, 120.0, "body", 32)
    error = found.scanner.output.relative_systematic_error
    assert abs(np.log(stated / (centre / 3.0 + 2.0 * periphery / 3.0))) < 2.0 * error
    assert error > 0.07


def test_no_half_value_layer(fit):
    """Air kerma alone shows no filtration: the output of each voltage is free."""
    beams = [{"bowtie": "body", "tube_voltage_kv": 120.0, "air_kerma_mgy_per_100mas": 25.0}]
    found = fit(truth.file_of(beams))
    value, error, said = of(found, "filtration aluminium")
    assert value == pytest.approx(7.0, rel=0.01)
    assert error == pytest.approx(3.5, rel=0.1)
    assert said < 0.1
    assert "No half-value layer was measured" in "\n".join(undetermined(found))
    assert found.scanner.output.tables[0].ctdi_phantom_cm == 32
    assert not found.scanner.output.verified
    assert (
        found.scanner.output.relative_systematic_error > 0.15
    )  # an unknown bowtie between air kerma and CTDI_w


def test_the_output_is_what_was_measured(fit):
    """CTDI_w from centre and periphery as read, chamber and reading as its error; of nothing else there is any."""
    rng = np.random.default_rng(5)
    beams = body_beams(rng)
    found = fit(truth.file_of(beams))
    tables = {t.ctdi_phantom_cm: t.ctdi_w_mgy_per_100mas for t in found.scanner.output.tables}
    for reading in beams[1]["ctdi"]:
        expected = (reading["centre_mgy_per_100mas"] + 2.0 * reading["periphery_mgy_per_100mas"]) / 3.0
        assert tables[reading["phantom_cm"]] == [[120.0, pytest.approx(expected, rel=1e-5)]]
    assert found.scanner.output.relative_systematic_error == pytest.approx(
        np.hypot(0.05, truth.CTDI_ERROR), rel=1e-3
    )
    assert found.scanner.output.source == "Measured CTDI_w (measured.yaml, 2026-05-12)"
    lines = "\n".join(undetermined(found))
    assert "No output of bowties head, large was measured" in lines
    assert "No output of body in 32 cm at 80, 100, 140 kV" in lines


def test_two_bowties_share_the_filtration(fit):
    """Head and body differ on the central ray: the second's thickness there is fitted, the first's cannot be."""
    beams = [
        {"bowtie": name, "tube_voltage_kv": kv, **truth.layers(SOURCE, kv, name, None)}
        for name in ("head", "body")
        for kv in (80.0, 120.0)
    ]
    found = fit(truth.file_of(beams))
    names = [p.name for p in found.fit.parameters]
    assert "bowtie body: centre" in names
    assert "bowtie head: centre" not in names
    value, error, _ = of(found, "bowtie body: centre")
    assert abs(value - 0.94) < 0.2 * error


def test_readings_that_contradict_each_other_are_refused(fit):
    """The second half-value layer of a much harder beam: named with its line."""
    beams = [{"bowtie": "body", "tube_voltage_kv": 120.0, "hvl_mm": 5.0, "second_hvl_mm": 8.9}]
    found = fit(truth.file_of(beams))
    with pytest.raises(
        MeasurementError, match=r"measured.yaml:\d+: .*hvl_mm=.* \(no source of this model fits"
    ) as caught:
        found.check_fit()
    assert str(caught.value).count("\n") == 0


def test_a_profile_no_formula_describes_says_what_would(fit):
    """A dip beside the middle."""
    profile = truth.across_the_fan(SOURCE, 120.0, "body", None)
    profile["relative_air_kerma"][2] *= 0.8
    found = fit(truth.file_of(body_beams(None, phantoms=()), [profile]))
    with pytest.raises(MeasurementError, match="shape: table"):
        found.check_fit()


def test_tables_of_the_fit(fit):
    beams = [{"bowtie": "body", "tube_voltage_kv": 120.0, "hvl_mm": 7.0}]
    found = fit(truth.file_of(beams))
    assert reading_rows(found)[0][:3] == ("body 120 kV, HVL1", "mm Al", "7.00 ± 0.10")
    assert parameter_rows(found)[0][0] == "filtration aluminium"
    assert parameter_rows(found)[0][4] == "measurements"
    assert "nothing left over that could contradict" in fit_line(found)
