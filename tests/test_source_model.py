"""What the model of a source predicts, against the scanner's own figures and closed answers."""

import math

import numpy as np
import pytest

from ctdose.calibration.free_in_air import ctdi_free_in_air_mgy
from ctdose.calibration.source_model import SourceModel
from ctdose.scanner.beam_quality import beam_quality, bowtie_kerma
from ctdose.scanner.library import load_scanner
from ctdose.simulation.ct_beam import build_ct_beam, tube_output

SCANNER = load_scanner("generic-64")
BEAM = build_ct_beam(SCANNER, 120.0, "body", 40.0)
MODEL = SourceModel(SCANNER.geometry.anode_angle_deg, 40.0, BEAM.row)


@pytest.mark.parametrize("kv", [80.0, 120.0, 140.0])
@pytest.mark.parametrize("bowtie", ["head", "large"])
def test_half_value_layers_are_those_of_the_scanner(kv, bowtie):
    """Of bins joined before the filters, not after them: 0.1 %."""
    quality = beam_quality(SCANNER, kv, bowtie)
    first, second = MODEL.half_value_layers_mm(SCANNER, bowtie, kv)
    assert first == pytest.approx(quality.hvl_mm, rel=1e-3)
    assert second == pytest.approx(quality.second_hvl_mm, rel=1e-3)


def test_air_kerma_is_behind_the_air_on_the_way():
    """54 cm of air take up 1 % (mu/rho about 0.19 cm2/g at 60 keV)."""
    quality = beam_quality(SCANNER, 120.0, "body")
    ratio = MODEL.air_kerma_mgy(SCANNER, "body", 120.0) / quality.air_kerma_mgy_per_100mas
    assert ratio == pytest.approx(math.exp(-0.19 * 1.2e-3 * 54.1), abs=0.003)


def test_ctdi_in_air_is_that_of_the_beam():
    """For the same photons, but for the air on the way, and the bowtie that is not even over the middle fan bin."""
    photons = 100.0 * BEAM.emitted * float(np.sum(tube_output(SCANNER, 120.0).weights)) * 1e4
    expected = photons * ctdi_free_in_air_mgy(BEAM, 40.0)
    air = MODEL.air_kerma_mgy(SCANNER, "body", 120.0)
    behind = air / beam_quality(SCANNER, 120.0, "body").air_kerma_mgy_per_100mas
    assert MODEL.ctdi_air_mgy(SCANNER, "body", 120.0) == pytest.approx(expected * behind, rel=2e-3)
    assert MODEL.ctdi_air_mgy(SCANNER, "body", 120.0) == pytest.approx(air * 42.5 / 40.0, rel=0.01)


def test_a_profile_is_that_of_the_bowtie():
    angles = np.deg2rad([0.0, 5.0, -10.0, 20.0])
    kerma = bowtie_kerma(SCANNER, 120.0, "body", angles)
    found = MODEL.profile(SCANNER, "body", 120.0, angles)
    assert found == pytest.approx(kerma / kerma[0], rel=2e-3)
    assert found[0] == 1.0
