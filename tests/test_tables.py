"""Organ table, sentences, TSV, CSV, JSON of a result."""

import csv
import dataclasses
import io
import json
import math
from pathlib import Path

import pytest

from ctdose.dosimetry.effective_dose import EffectiveDose
from ctdose.results.dlp_comparison import dlp_comparisons
from ctdose.results.number_text import with_error
from ctdose.results.result_file import load_result
from ctdose.results.tables import COLUMNS, as_json, dose_lines, organ_rows, to_csv, to_tsv

KEPT_FILE = Path(__file__).parent / "data" / "result_1_0.h5"


@pytest.fixture(scope="module")
def result():
    return load_result(KEPT_FILE)


def one_body(result, **changes):
    bodies = {"adult-male": result.bodies["adult-male"]}
    acquisitions = tuple(
        dataclasses.replace(a, on_body={"adult-male": a.on_body["adult-male"]}) for a in result.acquisitions
    )
    return dataclasses.replace(result, **{"bodies": bodies, "acquisitions": acquisitions} | changes)


def stranger(result):
    return dataclasses.replace(result.bodies["adult-male"], reference_person=False, name="patient")


def test_each_group_is_listed_once_without_its_parts(result):
    names = [row.organ for row in organ_rows(result)]
    assert len(names) == len(set(names))
    assert {"lungs", "kidneys", "breasts", "colon", "red_bone_marrow"} <= set(names)
    assert not {"left_lung", "right_kidney", "ribs_cortical"} & set(names)


def test_everything_has_the_parts_too(result):
    names = [row.organ for row in organ_rows(result, everything=True)]
    assert {"lungs", "left_lung", "right_lung", "ribs_cortical"} <= set(names)
    assert set(names) == set(result.organs)


@pytest.mark.parametrize("organ", ["eye_lenses", "uterus"])
def test_lens_and_uterus_are_listed_whatever_their_dose(result, organ):
    rows = {row.organ: row for row in organ_rows(result)}
    assert rows[organ].absorbed_dose_mgy < 1.0


def test_every_weighted_tissue_is_in_the_table(result):
    tissues = {row.icrp103_tissue for row in organ_rows(result)}
    weighted = {name for body in result.bodies.values() for name in body.dose.tissues}
    assert weighted <= tissues


def test_rows_are_sorted_and_say_whom_they_are_of(result):
    rows = organ_rows(result)
    doses = [row.absorbed_dose_mgy for row in rows]
    assert doses == sorted(doses, reverse=True)
    bodies = {row.organ: row.bodies for row in rows}
    assert bodies["lungs"] == "adult-male, adult-female"
    assert bodies["uterus"] == "adult-female"
    assert bodies["prostate"] == "adult-male"


def test_one_body_alone(result):
    row = next(r for r in organ_rows(result, "adult-female") if r.organ == "lungs")
    organ = result.bodies["adult-female"].organs["lungs"]
    assert row.absorbed_dose_mgy == organ.absorbed_dose_mgy
    assert row.mass_g == organ.mass_g
    with pytest.raises(KeyError):
        organ_rows(result, "nobody")


def test_dose_per_ctdi_vol(result):
    row = next(r for r in organ_rows(result) if r.organ == "lungs")
    ctdi = result.acquisitions[0].ctdi_vol_mgy
    assert row.dose_per_ctdi_vol == row.absorbed_dose_mgy / ctdi
    assert row.dose_per_ctdi_vol_standard_error == row.standard_error_mgy / ctdi
    twice = dataclasses.replace(result, acquisitions=result.acquisitions * 2)
    assert organ_rows(twice)[0].dose_per_ctdi_vol is None


def test_a_phantom_without_tissues_lists_all_its_regions(result):
    body = result.bodies["adult-male"]
    organs = {n: dataclasses.replace(o, icrp103_tissue="") for n, o in body.organs.items() if o.organ_id > 60}
    water = dataclasses.replace(body, dose=dataclasses.replace(body.dose, organs=organs), groups={})
    names = {row.organ for row in organ_rows(one_body(result, bodies={"adult-male": water}))}
    assert names == set(organs)


def test_tsv_has_as_many_cells_in_each_line(result):
    lines = to_tsv(organ_rows(result)).splitlines()
    assert lines[0].split("\t") == list(COLUMNS)
    assert {line.count("\t") for line in lines} == {len(COLUMNS) - 1}
    first = dict(zip(COLUMNS, lines[1].split("\t")))
    assert float(first["absorbed_dose_mgy"]) == organ_rows(result)[0].absorbed_dose_mgy
    assert first["partial"] in ("yes", "no")


def test_csv_holds_every_digit(result):
    rows = organ_rows(result, everything=True)
    read = list(csv.DictReader(io.StringIO(to_csv(rows), newline="")))
    assert [float(r["standard_error_mgy"]) for r in read] == [r.standard_error_mgy for r in rows]
    assert [r["note"] for r in read] == [r.note for r in rows]
    unknown = [r for r, row in zip(read, rows) if math.isnan(row.reference_mass_g)]
    assert all(r["reference_mass_g"] == "" for r in unknown)


@pytest.mark.parametrize("name", ["=1+1", "+x", "-x", "@SUM(A1)", "\t=1", "\r=1"])
def test_csv_runs_nothing_in_a_spreadsheet(result, name):
    row = dataclasses.replace(organ_rows(result)[0], organ=name, note='say "hi", you')
    [read] = list(csv.DictReader(io.StringIO(to_csv([row]), newline="")))
    assert read["organ"] == "'" + name
    assert read["note"] == 'say "hi", you'


def test_csv_leaves_negative_numbers_alone(result):
    row = dataclasses.replace(organ_rows(result)[0], absorbed_dose_mgy=-0.5)
    assert ",-0.5," in to_csv([row])


def test_json_is_json_and_has_every_number(result):
    data = json.loads(json.dumps(as_json(result), allow_nan=False))
    assert data["effective_dose"]["icrp103_msv"] == result.effective_dose.icrp103_msv
    assert data["bodies"]["adult-male"]["organs"]["thymus"]["mass_g"] > 0
    assert data["acquisitions"][0]["ctdi_phantom_cm"] == 32
    assert data["acquisitions"][0]["bodies"]["adult-male"]["planned_mm"][0] < 2000
    assert data["dlp_mgy_cm_by_ctdi_phantom_cm"] == {"32": result.dlp_mgy_cm[32]}
    assert {"lee_2012", "deak_2010"} == {
        f["publication"] for f in data["effective_dose_over_dlp"][0]["published"]
    }


def test_sentences_of_a_whole_exam(result):
    text = "\n".join(dose_lines(result))
    assert "Effective dose, ICRP 103: " in text
    assert "Effective dose, ICRP 60: " in text
    assert "(32 cm CTDI phantom; mean over the bodies)" in text
    assert "chest on adult-female: planned " in text
    assert "over-ranging" in text
    assert "Deak" in text
    assert "not verified" in text


def test_a_published_factor_is_not_set_beside_a_dlp_of_another_phantom(result):
    small = tuple(dataclasses.replace(a, ctdi_phantom_cm=16) for a in result.acquisitions)
    text = "\n".join(dose_lines(dataclasses.replace(result, acquisitions=small)))
    assert "Deak" not in text
    assert "nothing published to compare with: no factor for chest, the 16 cm" in text


def test_dlp_of_two_phantoms_is_neither_added_nor_compared(result):
    small = dataclasses.replace(result.acquisitions[0], ctdi_phantom_cm=16)
    both = dataclasses.replace(result, acquisitions=(*result.acquisitions, small))
    assert dlp_comparisons(both) == []
    assert len([line for line in dose_lines(both) if line.startswith("DLP of the exam")]) == 2


def test_a_numeric_range_is_compared_with_nothing(result):
    numeric = dataclasses.replace(
        result, exam_yaml=result.exam_yaml.replace("scan_range: chest", "scan_range: [0, 100]")
    )
    assert numeric.exam_yaml != result.exam_yaml
    assert [c.published for c in dlp_comparisons(numeric)] == [(), ()]


def test_one_sex_has_no_effective_dose(result):
    dose = EffectiveDose(weighted_dose_of_one_sex_msv=3.0, weighted_dose_of_one_sex_standard_error_msv=0.01)
    text = "\n".join(dose_lines(one_body(result, effective_dose=dose)))
    assert "Weighted dose of one sex, no effective dose (ICRP 103 weights): 3.000 ± 0.010 mSv" in text
    assert "Effective dose, ICRP" not in text


def test_why_there_is_no_effective_dose(result):
    stopped = one_body(result, effective_dose=None, complete=False)
    assert "stopped before" in dose_lines(stopped)[0]
    patient = one_body(result, effective_dose=None)
    patient = dataclasses.replace(patient, bodies={"adult-male": stranger(result)})
    assert "reference persons only, and patient is none" in dose_lines(patient)[0]
    assert "none" in as_json(patient)["effective_dose_note"]


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (7.25338, 0.03117, "7.253 ± 0.031"),
        (7.25338, 0.0997, "7.253 ± 0.100"),
        (1234.5, 56.7, "1234 ± 57"),
        (123456.0, 5670.0, "123500 ± 5700"),
        (0.00001, 0.0, "1e-05"),
        (0.028, 0.00012, "0.02800 ± 0.00012"),
        (1.0, math.nan, "1"),
    ],
)
def test_numbers_with_errors(value, error, text):
    assert with_error(value, error) == text


def with_tissue_dose(result, name, dose_mgy):
    bodies = {}
    for key, body in result.bodies.items():
        tissue = dataclasses.replace(body.dose.tissues[name], absorbed_dose_mgy=dose_mgy)
        tissues = {**body.dose.tissues, name: tissue}
        bodies[key] = dataclasses.replace(body, dose=dataclasses.replace(body.dose, tissues=tissues))
    return dataclasses.replace(result, bodies=bodies)


def test_it_is_said_where_the_remainder_of_icrp60_would_be_split(result):
    """A head scan: the brain, of the remainder, has more than every weighted tissue."""
    highest = max(t.absorbed_dose_mgy for b in result.bodies.values() for t in b.dose.tissues.values())
    [line] = [x for x in dose_lines(with_tissue_dose(result, "brain", 2 * highest)) if "dose, ICRP 60" in x]
    assert "half of its weight to brain is not applied: too low" in line
    [line] = [x for x in dose_lines(with_tissue_dose(result, "thyroid", 9 * highest)) if "dose, ICRP 60" in x]
    assert line.endswith("mSv (remainder: its mass-weighted mean)")
