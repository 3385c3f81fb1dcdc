"""The criteria of the validation table, and the reference figures they are applied to."""

import dataclasses

import pytest

from ctdose.validation import Row, case_names, format_table, summarize
from ctdose.validation.reference import load_reference
from ctdose.validation.row import required_sigma_percent

ROW = Row("2", "56.4 keV", "0", "total", 101.0, 0.1, 100.0, 99.8, 100.2)


def test_small_range_allows_one_percent_and_two_sigma():
    assert ROW.allowed_percent == pytest.approx(1.2)
    assert ROW.difference_percent == pytest.approx(1.0)
    assert ROW.ok
    assert ROW.excess == pytest.approx(0.0, abs=1e-9)


def test_wide_range_allows_half_of_it():
    assert dataclasses.replace(ROW, low=96.0, high=102.0).allowed_percent == pytest.approx(3.2)


def test_row_beyond_is_not_ok():
    beyond = dataclasses.replace(ROW, ours=98.7)
    assert not beyond.ok
    assert beyond.excess == pytest.approx(3.0)


def test_contradiction_of_the_reference_counts():
    row = dataclasses.replace(ROW, ours=102.2, symmetric_mean=102.1)
    assert row.symmetric_difference_percent == pytest.approx(100 * 0.1 / 102.1)
    assert row.ok
    assert not row.ok_plainly
    assert row.excess == 0.0
    assert not dataclasses.replace(row, symmetric_mean=None).ok


def test_sigma_is_stricter_for_large_rows():
    small = dataclasses.replace(ROW, volume="VOI 1", mean=9.9)
    other_beam = dataclasses.replace(ROW, beam="120 kVp", mean=1e6)
    rows = [ROW, small, other_beam]
    assert required_sigma_percent(ROW, rows) == 0.25
    assert required_sigma_percent(small, rows) == 1.0


def test_summary_counts_and_averages():
    rows = [dataclasses.replace(ROW, ours=100.0 + d) for d in (-3.0, 0.2, 0.4, 0.6, 0.8)]
    (summary,) = summarize(rows)
    assert (summary.case, summary.rows, summary.outside, summary.imprecise) == ("2", 5, 1, 0)
    assert summary.median_percent == pytest.approx(0.6)
    assert summary.mean_percent == pytest.approx(-0.2)
    assert not summary.ok


def test_table_is_tab_separated():
    head, line = format_table([ROW]).splitlines()
    assert head.split("\t")[:6] == ["case", "beam", "angle", "volume", "ours", "sigma"]
    assert line.split("\t")[:5] == ["2", "56.4 keV", "0", "total", "101"]
    assert line.split("\t")[-1] == "yes"


def test_reference_rows_are_complete():
    rows = load_reference().rows
    counts = {case: sum(key[0] == case for key in rows) for case in case_names()}
    assert counts == {"1": 12, "2": 40, "4.1": 16, "4.2": 296, "5": 85}
    assert all(row.low <= row.mean <= row.high for row in rows.values())


def test_reference_of_case_2_as_printed():
    row = load_reference().rows["2", "56.4 keV", "0", "total"]
    assert row.mean == pytest.approx(33171.4)
    assert (row.low, row.high) == (33134.9, 33205.4)


def test_half_value_layers_halve():
    rows = load_reference().rows
    for beam in ("30 keV", "100 keV", "30 kVp", "100 kVp"):
        none, half, quarter = (rows["1", beam, "", v].mean for v in ("none", "HVL", "QVL"))
        assert half / none == pytest.approx(0.5, rel=0.003)
        assert quarter / none == pytest.approx(0.25, rel=0.006)


def test_only_rotating_rods_have_symmetric_equivalents():
    rows = load_reference().rows.values()
    equal = [row for row in rows if row.symmetric_mean is not None]
    assert {row.key[:1] + row.key[2:3] for row in equal} == {("4.2", "continuous")}
    assert len(equal) == 8


def test_spectra_and_lines():
    reference = load_reference()
    energies, weights = reference.spectrum("120 kVp 10 mm")
    assert sum(weights) == pytest.approx(1.0, abs=1e-4)
    assert sum(e * w for e, w in zip(energies, weights)) == pytest.approx(56.14, abs=0.01)
    assert reference.spectrum("56.4 keV") == pytest.approx(56.4, abs=0.002)
