"""Wrong files of measurements: one line for each fault, with file, line and key, and nothing written."""

import csv
import datetime as dt
from pathlib import Path

import pytest

from ctdose.calibration.measurement_file import MeasurementError, read_measurements
from ctdose.cli.main import main

FOLDER = Path(__file__).parent / "data" / "wrong_measurements"
with (FOLDER / "expected.tsv").open(encoding="utf-8", newline="") as table:
    ROWS = list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))

GOOD = """\
scanner: ct-room-3
base: generic-64
date: 2026-05-12
beams:
  - {bowtie: body, tube_voltage_kv: 120, hvl_mm: 7.4}
"""


def test_a_short_profile_is_not_an_empty_one(tmp_path):
    file = tmp_path / "m.yaml"
    profile = "{bowtie: body, tube_voltage_kv: 120, fan_angle_deg: [0, 9], relative_air_kerma: [1, 0.5]}"
    beam = "{bowtie: body, tube_voltage_kv: 120, hvl_mm: 7.4}"
    text = f"scanner: ct\nbase: generic-64\ndate: 2026-05-12\nbeams: [{beam}]\nprofiles: [{profile}]\n"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(
        MeasurementError, match=r":5: relative_air_kerma=\[1, 0\.5\] \(must have at least 3 entries\)"
    ):
        read_measurements(file)


@pytest.mark.parametrize("row", ROWS, ids=[row["file"] for row in ROWS])
def test_each_fault_is_one_line_and_nothing_is_written(row, tmp_path, capsys):
    output, picture = tmp_path / "scanner.yaml", tmp_path / "fit.png"
    file = FOLDER / row["file"]
    assert main(["scanner", "calibrate", str(file), "-o", str(output), "--plot", str(picture)]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    (line,) = shown.err.splitlines()
    assert line.startswith(f"{file}:{row['line']}: "), line
    assert row["fragment"] in line
    assert line.endswith(".")
    assert len(line.removeprefix(str(FOLDER))) < 400
    assert list(tmp_path.iterdir()) == []


def test_every_wrong_file_is_in_the_table_and_there_are_many():
    assert {file.name for file in FOLDER.glob("*.yaml")} == {row["file"] for row in ROWS}
    assert len(ROWS) >= 25


def test_a_day_that_has_not_come(tmp_path):
    file = tmp_path / "m.yaml"
    today = dt.datetime.now(dt.UTC).date()
    file.write_text(GOOD.replace("2026-05-12", str(today + dt.timedelta(days=1))))
    assert read_measurements(file).measurements.scanner == "ct-room-3"  # it has, east of Greenwich
    later = today + dt.timedelta(days=2)
    file.write_text(GOOD.replace("2026-05-12", str(later)))
    with pytest.raises(MeasurementError) as caught:
        read_measurements(file)
    assert str(caught.value).startswith(f"{file}:3: date={later} (in the future). Give the day")


def test_all_faults_at_once(tmp_path):
    from ctdose.calibration.measurement_file import MeasurementError

    file = tmp_path / "m.yaml"
    text = GOOD.replace("generic-64", "generic-16").replace("body", "tie") + "filtration_material: air2\n"
    file.write_text(text + "collimation_mm: 7\n")
    with pytest.raises(MeasurementError) as caught:
        read_measurements(file)
    assert [line.split(": ")[1].split("=")[0] for line in caught.value.lines] == [
        "bowtie",
        "filtration_material",
        "collimation_mm",
    ]


def test_the_geometry_of_the_file_replaces_that_of_the_base(tmp_path):
    file = tmp_path / "m.yaml"
    geometry = "{source_isocentre_distance_mm: 600, fan_angle_deg: 50, anode_angle_deg: 9, anode_side: head}"
    beams = "{beams: [{nominal_mm: 30, beam_width_mm: 33}, {nominal_mm: 80, beam_width_mm: 84}]}"
    file.write_text(GOOD + f"geometry: {geometry}\ncollimations: {beams}\n")
    found = read_measurements(file)
    assert found.base.geometry.source_isocentre_distance_mm == 600
    assert found.base.collimations_mm == (30.0, 80.0)
    assert found.collimation_mm == 30.0


def test_a_base_file_is_looked_for_beside_the_measurements(tmp_path):
    from ctdose.scanner.library import scanner_text

    (tmp_path / "base.yaml").write_text(scanner_text("generic-16"), encoding="utf-8")
    file = tmp_path / "m.yaml"
    file.write_text(GOOD.replace("generic-64", "base.yaml"))
    assert read_measurements(file).base.scanner == "generic-16"


def test_a_fault_of_the_base_names_the_base(tmp_path, capsys):
    (tmp_path / "base.yaml").write_text("scanner: x\n")
    file = tmp_path / "m.yaml"
    file.write_text(GOOD.replace("generic-64", "base.yaml"))
    assert main(["scanner", "calibrate", str(file)]) == 2
    assert f"{tmp_path / 'base.yaml'}:1: geometry (missing)" in capsys.readouterr().err
