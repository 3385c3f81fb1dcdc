"""CTDI phantoms that lay on the patient table: what it takes up, and a scanner's file without it."""

import numpy as np
import pytest

from ctdose.calibration import chamber_response
from ctdose.calibration.calibrate_source import calibrate_source
from ctdose.calibration.ctdi import chamber_composites
from ctdose.calibration.measurement_file import MeasurementError, read_measurements
from ctdose.phantoms.couch import add_couch
from ctdose.phantoms.ctdi import CHAMBER_REGIONS, build_ctdi_phantom
from ctdose.physics.materials import Material
from ctdose.results.source_text import undetermined
from ctdose.scanner.library import load_scanner
from ctdose.simulation.ct_beam import build_ct_beam
from ctdose.simulation.rotation import rotation_at_rest
from ctdose.simulation.runner import BatchRunner
from ctdose.simulation.transport_tables import Physics, build_transport_tables
from ctdose.simulation.zones import Raised

BATCHES = 16
BASE = load_scanner("generic-64")
TEXT = """\
scanner: ct
base: generic-64
date: 2026-05-12
phantoms_on_table_cm: [16]
beams:
  - bowtie: head
    tube_voltage_kv: 120
    hvl_mm: 7.3
    ctdi: [{phantom_cm: 16, centre_mgy_per_100mas: 15.5, periphery_mgy_per_100mas: 14.9}]
"""


@pytest.fixture
def measured(tmp_path):
    file = tmp_path / "measured.yaml"
    file.write_text(TEXT, encoding="utf-8")
    return file


def test_the_written_output_is_without_the_table(measured, interpreted, monkeypatch, statistics):
    """What the table takes, by the response of single cells, is what the simulation of the whole beam says."""
    if interpreted:
        pytest.skip("millions of histories")
    monkeypatch.setattr(chamber_response, "BATCHES", BATCHES)
    found = calibrate_source(measured, threads=2)
    takes = found.model.table_takes(found.fit.scanner, "head", 120.0, 16)
    ((kv, written),) = found.scanner.output.table("head", 16).ctdi_w_mgy_per_100mas
    assert kv == 120.0
    assert written == pytest.approx((15.5 + 2 * 14.9) / 3.0 / (1.0 - takes), rel=1e-5)
    assert "what the table of generic-64 took under 16 cm was added" in found.scanner.output.source
    (line,) = [line for line in undetermined(found) if "lay on a table" in line]
    assert f"it takes {100 * takes:.1f} % of CTDI_w" in line
    (on_table, error), (in_air, other) = (whole_beam(couch) for couch in (BASE.table.shape(), None))
    lost = 1.0 - on_table / in_air
    spread = np.hypot(np.hypot(error[2], other[2]) / in_air[2], cells_error(found.model, found.fit.scanner))
    assert abs(takes - lost[2]) < statistics.z_limit(statistics.level(1)) * spread
    assert 0.02 < takes < 0.07
    assert spread < 0.015
    below, above = (3 + list(CHAMBER_REGIONS).index(f"periphery_{a}") - 1 for a in ("180", "000"))
    assert lost[below] > 3.0 * lost[above]


def cells_error(model, scanner):
    """Of the ratio of two CTDI_w by cells."""
    weights = np.array([1.0, 2.0]) / 3.0
    errors = []
    for each in (model, model.without_table()):
        value, error = each.ctdi_mgy(scanner, "head", 120.0, 16)
        errors.append(np.hypot(*(weights * error)) / float(weights @ value))
    return np.hypot(*errors)


def whole_beam(couch):
    """Air kerma of centre, periphery, CTDI_w and the four holes in the head phantom for one photon, and the errors."""
    phantom = build_ctdi_phantom(16)
    if couch is not None:
        phantom = add_couch(phantom, couch)
    composites = chamber_composites(phantom)
    tables = build_transport_tables(
        phantom,
        *rotation_at_rest(build_ct_beam(BASE, 120, "head", 40), phantom),
        key=(3, 4),
        physics=Physics(),
        surroundings=Material("air"),
        composites=composites,
        raised=Raised(tuple(CHAMBER_REGIONS.values()), 32.0),
    )
    mean, error = BatchRunner(tables).run(range(8), 2).row_estimates()
    scale = np.array([c.scale for c in composites])
    holes = list(CHAMBER_REGIONS.values())[1:]
    rows = tables.run.rows
    return tuple(np.concatenate([each[rows : rows + 3] * scale, each[holes]]) for each in (mean, error))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[16]", "[32]", r":4: phantoms_on_table_cm\[0\]=32 \(no CTDI in that phantom is given\)"),
        ("[16]", "[20]", r":4: phantoms_on_table_cm\[0\]=20"),
        ("[16]", "true", r":4: phantoms_on_table_cm=true"),
        (
            "base: generic-64",
            "base: bare.yaml",
            r":4: .*=16 \(generic-64 describes no table\)\. Add the section",
        ),
    ],
)
def test_a_table_that_cannot_be(measured, old, new, message):
    bare = BASE.model_copy(update={"table": None}).to_yaml()
    (measured.parent / "bare.yaml").write_text(bare, encoding="utf-8")
    measured.write_text(TEXT.replace(old, new), encoding="utf-8")
    with pytest.raises(MeasurementError, match=message):
        read_measurements(measured)
