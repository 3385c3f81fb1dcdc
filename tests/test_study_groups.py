"""Which variants share their histories: those that differ in what they emit, not from where."""

from types import SimpleNamespace

import numpy as np
import pytest

from ctdose.calibration.chosen_beam import build_chosen_beam
from ctdose.exam.phantom_checks import body_name
from ctdose.study.groups import Scan, share_histories
from ctdose.study.library import load_study
from ctdose.study.prepared import prepare_study

SHARED = {
    "80 kV": {"tube_voltage_kv": 80},
    "tin": {"filter": "tin-0.4"},
    "head filter": {"bowtie": "head"},
    "more": {"effective_mas": 150},
    "along": {"modulation": ["longitudinal"]},
    "around": {"modulation": ["angular"]},
    "spared": {"modulation": ["organ"]},
}
BASE = {
    "exam": "x",
    "phantom": "newborn",
    "scanner": "generic-64",
    "acquisitions": [
        {
            "name": "chest",
            "mode": "helical",
            "tube_voltage_kv": 100,
            "bowtie": "body",
            "collimation_mm": 20,
            "pitch": 1.0,
            "rotation_time_s": 0.5,
            "scan_range": "chest",
            "tube_current_ma": 100,
        }
    ],
}
APART = {
    "pitch": {"pitch": 1.4},
    "narrow": {"collimation_mm": 10},
    "off": {"off_centre_mm": [0, 20]},
    "small focus": {"focal_spot": "small"},
    "tilted": {"gantry_tilt_deg": 10},
    "longer": {"scan_margin_mm": 10},
    "on the table": {"table": True},
}


@pytest.fixture(scope="module")
def groups():
    """Names by group of a study of a newborn."""
    variants = [{"name": n, "change": c} for n, c in {**SHARED, **APART}.items()]
    ready = prepare_study(load_study({"study": "x", "base": BASE, "variants": variants}))
    scans = []
    for member, exam in enumerate(ready.exams):
        plans = exam.resolved.plans[body_name(exam.phantoms[0])]
        scanner = exam.resolved.scanner
        beams = tuple(tuple(build_chosen_beam(scanner, c) for c in plan.beams) for plan in plans)
        acquisitions = tuple(exam.exam.acquisitions)
        table = "table" if exam.exam.table else ""
        scans.append(Scan(member, acquisitions, plans, beams, table))
    return SimpleNamespace(names=ready.names, scans=scans, groups=share_histories(scans))


def test_who_shares_with_the_base(groups):
    together = {groups.names[scan.member] for scan in groups.groups[0]}
    assert together == {"base", *SHARED}
    alone = [groups.names[scan.member] for group in groups.groups[1:] for scan in group]
    assert alone == list(APART)
    assert all(len(group) == 1 for group in groups.groups[1:])


def test_pieces_of_a_group_coincide_and_keep_their_mas(groups):
    first = groups.groups[0][0].plans[0].pieces
    assert len(first) > 100
    for scan in groups.groups[0]:
        (plan,), (before,) = scan.plans, groups.scans[scan.member].plans
        assert [p.z_start_mm for p in plan.pieces] == pytest.approx([p.z_start_mm for p in first])
        assert [p.angle_start_rad for p in plan.pieces] == pytest.approx([p.angle_start_rad for p in first])
        assert np.sum([p.mas for p in plan.pieces]) == pytest.approx(before.total_mas)
