"""Relations of mAs, current, CTDI_vol and DLP over made-up acquisitions: whatever is combined with whatever."""

import math
import random

import pytest

import ctdose
from ctdose.errors import CtdoseError
from ctdose.exam.beam_choice import FIRST_TUBE, ctdi_w_of
from ctdose.exam.dose_indices import dose_indices
from ctdose.exam.mode_lines import mode_lines
from ctdose.exam.modulation_text import modulation_lines
from ctdose.exam.plan import plan_exam
from ctdose.phantoms.cylinders import build_cylinder
from ctdose.scanner.library import load_scanner

BODY = build_cylinder(diameter_mm=260, length_mm=500, voxel_mm=20.0)
SCANNERS = {name: load_scanner(name) for name in ("generic-64", "generic-wide", "generic-dual-source")}
DRAWS, ENOUGH = 40, 12


def drawn(rng, scanner):
    """One acquisition; many are refused, for not everything goes with everything."""
    machine = SCANNERS[scanner]
    mode = rng.choice(["helical", "helical", "axial", "stationary", "localizer"])
    found = {
        "name": "a",
        "mode": mode,
        "bowtie": "body",
        "scan_range": [-120.0, rng.choice([-110.0, 20.0, 100.0])],
    }
    found["tube_voltage_kv"] = rng.choice([80, 100, 120])
    found["collimation_mm"] = rng.choice(machine.collimations_mm)
    found |= rng.choice([{"tube_current_ma": 100}, {"ctdi_vol_mgy": 3, "ctdi_phantom_cm": 32}])
    if mode == "localizer":
        return found
    found["rotation_time_s"] = rng.choice(machine.rotation_times_s)
    if mode == "helical":
        found["pitch"] = rng.choice([0.3, 0.6, 1.0, 1.5])
    elif mode == "axial":
        found |= {"table_increment_mm": found["collimation_mm"] * rng.choice([0.5, 1.0, 1.7])}
    else:
        found["rotations"] = rng.choice([0.6, 1, 3.3])
    if rng.random() < 0.2:
        del found["tube_current_ma" if "tube_current_ma" in found else "ctdi_vol_mgy"]
        found |= {"quality_reference_mas": rng.choice([50, 900]), "reference_diameter_cm": 25}
        found["modulation"] = ["longitudinal", "angular"]
        found.pop("ctdi_phantom_cm", None)
    elif rng.random() < 0.5:
        found["modulation"] = ["angular", "organ"]
    if rng.random() < 0.4:
        found |= {"start_angle_deg": rng.uniform(-300, 300), "rotation_direction": "counterclockwise"}
    if machine.second_tube and rng.random() < 0.7:
        found["second_tube"] = {
            "tube_voltage_kv": rng.choice([80, 140]),
            "current_ratio": rng.choice([0.3, 1.4]),
        }
    elif rng.random() < 0.3:
        found |= {
            "switched_tube_voltage_kv": 140,
            "switched_time_fraction": 0.4,
            "switched_mas_fraction": 0.5,
        }
    if mode == "helical" and rng.random() < 0.5:
        found["ecg"] = {"heart_rate_per_min": 70, "window_percent": [40, 75], "low_current_fraction": 0.2}
        found["ecg"] |= {"start_phase_percent": rng.choice(["averaged", 0, 80])}
    return found


@pytest.mark.parametrize("scanner", SCANNERS)
def test_relations_hold_whatever_is_combined(scanner):
    rng, machine, done = random.Random(scanner), SCANNERS[scanner], 0
    for _ in range(DRAWS):
        exam = {
            "exam": "x",
            "phantom": "adult-male",
            "scanner": scanner,
            "acquisitions": [drawn(rng, scanner)],
        }
        try:
            loaded = ctdose.load_exam(exam)
            [plan] = plan_exam(loaded, machine, BODY)
        except CtdoseError:
            continue
        done += 1
        [acquisition] = loaded.acquisitions
        assert math.fsum(p.mas for p in plan.pieces) == pytest.approx(plan.total_mas, rel=1e-9), exam
        first = math.fsum(p.mas for p in plan.pieces if plan.beams[p.beam].tube == FIRST_TUBE)
        assert first / plan.beam_on_time_s == pytest.approx(plan.tube_current_ma, rel=1e-9), exam
        if acquisition.tube_current_ma:
            assert plan.tube_current_ma == pytest.approx(100, rel=1e-6), exam
        outputs = [ctdi_w_of(machine, beam, plan.ctdi_phantom_cm) for beam in plan.beams]
        indices = dose_indices(plan, outputs)
        if acquisition.ctdi_vol_mgy:
            assert indices.ctdi_vol_mgy == pytest.approx(3, rel=1e-6), exam
        by_mas = sum(out * plan.open_mas(n) for n, out in enumerate(outputs)) / 100 * plan.collimation_mm / 10
        assert indices.dlp_mgy_cm == pytest.approx(by_mas, rel=1e-9), exam
        assert plan.modulation is None or len(plan.modulation.pieces_ma) == len(plan.pieces), exam
        assert all(
            isinstance(line, str)
            for line in (*mode_lines(plan, acquisition, machine), *modulation_lines(plan))
        )
    assert done >= ENOUGH
