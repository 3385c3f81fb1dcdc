"""The key table and the JSON Schema say what the models check."""

import json

import pytest

from ctdose.exam.acquisition import OUTPUTS, Acquisition
from ctdose.exam.keys import EXAM_KEYS

ACQUISITION = """
name mode tube_voltage_kv bowtie collimation_mm pitch rotation_time_s scan_range tube_current_ma
mas_per_rotation effective_mas ctdi_vol_mgy ctdi_phantom_cm quality_reference_mas modulation
table_increment_mm gantry_angle_deg rotations start_angle_deg rotation_direction table_direction
focal_spot filter gantry_tilt_deg scan_margin_mm irradiation_event_uid
second_tube switched_tube_voltage_kv switched_time_fraction switched_mas_fraction ecg table_speed_mm_s
reference_diameter_cm
"""
MODULATION = """
longitudinal_strength angular_strength organ organ.sector_deg organ.relative_current organ.centre_deg
organ.compensation table z_mm angle_deg tube_current_ma
"""
SECOND_TUBE = "tube_voltage_kv bowtie filter tube_current_ma mas_per_rotation effective_mas current_ratio"
ECG = "heart_rate_per_min window_percent low_current_fraction output_is start_phase_percent"
TOP = """
exam phantom scanner patient_position isocentre_mm off_centre_mm table procedure indication exam_date subject
"""
SIMULATION = """
histories target_relative_standard_error target_organs seed estimator cutoff_kev doppler off_focal keep_views voxel_mm
"""
ROWS = {row.path: row for row in EXAM_KEYS.keys}


def test_every_key_of_the_contract_is_there():
    expected = {f"acquisitions[].{name}" for name in ACQUISITION.split()} | set(TOP.split())
    expected |= {f"acquisitions[].second_tube.{name}" for name in SECOND_TUBE.split()}
    expected |= {f"acquisitions[].ecg.{name}" for name in ECG.split()}
    expected |= {f"simulation.{name}" for name in SIMULATION.split()} | {"acquisitions[]", "simulation"}
    expected |= {f"phantom.{name}" for name in ["like", "height_cm", "weight_kg", "arms", "age_y", "sex"]}
    expected |= {f"acquisitions[].modulation.{name}" for name in MODULATION.split()}
    assert {key for key in ROWS if not key.startswith("subject.")} == expected


def test_units_are_in_the_names():
    endings = {
        "mm": "_mm",
        "kV": "_kv",
        "s": "_s",
        "mA": "_ma",
        "mGy": "_mgy",
        "deg": "_deg",
        "keV": "_kev",
        "cm": "_cm",
    }
    for row in EXAM_KEYS.keys:
        if row.unit in endings and row.path != "acquisitions[].scan_range":
            assert row.path.endswith(endings[row.unit])


def test_every_key_has_a_meaning_and_a_type():
    for row in EXAM_KEYS.keys:
        assert row.meaning
        assert row.type


def test_rows_that_matter():
    assert ROWS["acquisitions[].pitch"].range == "above 0, at most 4"
    assert ROWS["acquisitions[].pitch"].modes == ("helical",)
    assert ROWS["acquisitions[].start_angle_deg"].default == "averaged"
    assert ROWS["simulation.histories"].default == "10000000"
    assert ROWS["exam"].default == "required"
    assert ROWS["simulation.target_relative_standard_error"].range == "above 0, at most 0.5"


def test_forms():
    assert EXAM_KEYS.table("tsv").splitlines()[0].split("\t") == list(EXAM_KEYS.headings)
    assert all(
        line.count("\t") == len(EXAM_KEYS.headings) - 1 for line in EXAM_KEYS.table("tsv").splitlines()
    )
    assert (
        EXAM_KEYS.table("markdown").splitlines()[1]
        == "| " + " | ".join(["---"] * len(EXAM_KEYS.headings)) + " |"
    )
    assert len(EXAM_KEYS.table().splitlines()) == len(ROWS) + 1
    with pytest.raises(ValueError, match="form=html"):
        EXAM_KEYS.table("html")


def test_json_schema_is_plain_and_strict():
    schema = EXAM_KEYS.json_schema()
    text = json.dumps(schema)
    assert schema["additionalProperties"] is False
    assert set(schema["required"]) == {"exam", "phantom", "scanner", "acquisitions"}
    assert schema["$defs"]["Acquisition"]["properties"]["tube_voltage_kv"]["maximum"] == 150
    assert "(kV)" in schema["$defs"]["Acquisition"]["properties"]["tube_voltage_kv"]["description"]
    for ours in ('"modes"', '"right"', '"later"'):
        assert ours not in text


def test_outputs_are_keys():
    assert set(OUTPUTS) <= set(Acquisition.model_fields)
