"""Runs until a target: when they stop, and that the outcome depends on the tallies alone."""

import math

import numpy as np
import pytest

import ctdose
from ctdose.dosimetry.body_rows import build_body_rows
from ctdose.dosimetry.precision import largest_relative_error, target_rows, worst_of
from ctdose.errors import CtdoseError
from ctdose.exam.library import load_exam
from ctdose.simulation.job import Job
from ctdose.simulation.ledger import Ledger
from ctdose.simulation.local_threads import LocalThreads
from ctdose.simulation.rounds import FIRST_ROUND, expected_batches, run_rounds
from ctdose.simulation.runner import BatchRunner

WATER = ctdose.Material("water")


@pytest.fixture(scope="module")
def tables(request):
    build = request.getfixturevalue("build_tables_of")
    index = np.zeros((4, 4, 4), np.uint16)
    index[1, 1, 1] = 1
    phantom = ctdose.VoxelPhantom(
        np.zeros((4, 4, 4), np.uint8), [WATER], (20.0,) * 3, (-30.0,) * 3, region_index=index
    )
    return build(phantom, ctdose.PointSource((0, -400, 0), (0, 0, 0), (0.05, 0.05), 60.0))


def ledger_of(tables, threads=1, start=None):
    return Ledger(Job("box", tables, 1, None, {}), LocalThreads(threads), start)


@pytest.mark.parametrize(
    ("done", "excess", "most", "expected"),
    [(8, 1.0, 100, 8), (8, 1.01, 100, 9), (8, 2.0, 100, 34), (8, 50.0, 100, 100), (8, math.inf, 100, 100)],
)
def test_histories_grow_with_the_square_of_the_error(done, excess, most, expected):
    assert expected_batches(done, excess, most) == expected


def test_a_run_stops_at_its_target_and_is_that_of_as_many_histories(tables):
    rows = {"corner": 1}

    def excess(sums):
        return largest_relative_error(sums, rows)[1] / 0.002

    ledgers = [ledger_of(tables, threads) for threads in (1, 2)]
    needed = [run_rounds(ledger, excess, 200) for ledger in ledgers]
    found = [ledger.sums for ledger in ledgers]
    assert needed == [sums.batches.size for sums in found]
    direct = BatchRunner(tables).run(range(found[0].batches.size), 2)
    assert FIRST_ROUND < found[0].batches.size < 200
    assert excess(found[0]) <= 1.0
    for sums in (found[1], direct):
        assert (sums.batches == found[0].batches).all()
        assert (sums.rows == found[0].rows).all()


def test_a_run_never_exceeds_its_most(tables):
    reports = []
    ledger = ledger_of(tables, 2)
    assert run_rounds(ledger, lambda _: math.inf, 40, lambda *report: reports.append(report)) == 40
    assert ledger.sums.batches.tolist() == list(range(40))
    assert reports[-1] == (40, 40)


def test_rounds_end_where_they_would_have_whatever_was_done_before(tables):
    """Batches of a later round, or some of one, change no decision: each round sees its own batches alone."""

    def excess(sums):
        return largest_relative_error(sums, {"corner": 1})[1] / 0.002

    unbroken = ledger_of(tables)
    needed = run_rounds(unbroken, excess, 200)
    for numbers in ([3, 5, 9], range(4, needed)):
        start = BatchRunner(tables).run(numbers)
        ledger = ledger_of(tables, start=start)
        assert run_rounds(ledger, excess, 200) == needed
        assert (ledger.sums.rows == unbroken.sums.rows).all()


def test_what_is_done_is_enough_for_an_executor_that_runs_nothing(tables):
    def excess(sums):
        return largest_relative_error(sums, {"corner": 1})[1] / 0.002

    whole = ledger_of(tables)
    needed = run_rounds(whole, excess, 200)
    idle = LocalThreads(1)
    idle.interrupted = True
    for sums, found in ((whole.sums, needed), (BatchRunner(tables).run(range(FIRST_ROUND)), None)):
        assert run_rounds(Ledger(Job("box", tables, 1, None, {}), idle, sums), excess, 200) == found


def test_an_empty_row_is_not_known(tables):
    sums = BatchRunner(tables).run([0], 1)
    empty = sums.rows.copy()
    empty[:, :, 1] = 0
    from dataclasses import replace

    assert largest_relative_error(replace(sums, rows=empty), {"a": 0, "b": 1}) == ("b", math.inf)


@pytest.fixture(scope="module")
def person():
    from ctdose.phantoms.library import load_bodies

    return load_bodies("adult-female", 10.0)[0]


def test_pairs_count_together_and_tissues_out_of_range_do_not(person):
    z = next(o for o in person.organs if o.name == "left_lung").organ_id
    slices = np.nonzero((person.region_index == z).any(axis=(1, 2)))[0]
    edges = tuple(person.origin_mm[2] + person.spacing_mm[2] * (slices[[0, -1]] + (-1, 1)))
    rows = build_body_rows(person)
    found = target_rows(person, rows, edges, [])
    assert {"lungs", "heart_wall", "oesophagus"} <= found.keys()
    assert not {"left_lung", "uterus", "brain", "muscle"} & found.keys()
    assert target_rows(person, rows, edges, ["left_lung", "lungs"]) == {
        "left_lung": z,
        "lungs": found["lungs"],
    }


def test_an_unknown_organ_and_an_empty_range(person):
    rows = build_body_rows(person)
    with pytest.raises(CtdoseError, match=r"target_organs=lungz \(not in .*\)\. .*lungs"):
        target_rows(person, rows, (0.0, 1.0), ["lungz"])
    with pytest.raises(CtdoseError, match="no weighted organ"):
        target_rows(person, rows, (1e5, 2e5), [])


def test_the_python_interface_takes_a_target():
    exam = load_exam("chest")
    coarse = exam.model_copy(update={"simulation": exam.simulation.model_copy(update={"voxel_mm": 6.0})})
    result = ctdose.simulate(coarse, target_relative_standard_error=0.2, histories=2_000_000, dose_map=False)
    assert result.complete
    assert result.histories == 2 * FIRST_ROUND * 65536
    for body in result.bodies.values():
        worst = worst_of(body.organs, body.groups, [])
        assert worst.mass_g >= 10.0
        assert worst.relative_standard_error <= 0.2
