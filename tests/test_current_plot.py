"""The picture of modulated currents: drawn for every mode, each piece where it is."""

from types import SimpleNamespace

import numpy as np
import pytest

import ctdose
from ctdose.errors import CtdoseError
from ctdose.exam.plan import plan_exam
from ctdose.exam.view_pieces import TURN, ViewPiece
from ctdose.phantoms.cylinders import build_cylinder
from ctdose.results.current_plot import _rectangle, plot_currents
from ctdose.scanner.library import load_scanner

pytest.importorskip("matplotlib")
BODY = build_cylinder(diameter_mm=200, length_mm=300, voxel_mm=5.0)
MODES = {
    "helical": {"pitch": 1.0, "scan_range": [-60, 60]},
    "axial": {"table_increment_mm": 40, "scan_range": [-60, 60]},
    "stationary": {"rotations": 2, "scan_range": [-20, 20]},
}


def plans_of(mode, **keys):
    acquisition = {
        **{"name": "a$b", "mode": mode, "tube_voltage_kv": 120, "bowtie": "body", "collimation_mm": 40},
        **{"rotation_time_s": 0.5, "tube_current_ma": 200, **MODES[mode], **keys},
    }
    exam = {"exam": "x", "phantom": "adult-male", "scanner": "generic-64", "acquisitions": [acquisition]}
    return plan_exam(ctdose.load_exam(exam), load_scanner("generic-64"), BODY)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("start", ["averaged", 30.0])
def test_every_mode_is_drawn(mode, start, tmp_path):
    path = tmp_path / "p.png"
    plans = plans_of(mode, start_angle_deg=start, modulation=["angular", "organ"])
    plot_currents({"one": plans, "other": plans}, path)
    from matplotlib.image import imread

    picture = imread(path)
    assert picture.shape[0] == pytest.approx((0.15 + 2 * 3.0) * 150, abs=2)
    assert len(np.unique(picture.reshape(-1, picture.shape[2]), axis=0)) > 50


def test_a_constant_current_is_not_drawn(tmp_path):
    with pytest.raises(CtdoseError, match="no acquisition is modulated"):
        plot_currents({"one": plans_of("helical")}, tmp_path / "p.png")


def test_a_piece_is_drawn_where_it_is():
    plan = SimpleNamespace(collimation_mm=40.0, feed_mm_per_rotation=32.0)
    averaged = ViewPiece(10.0, 5.0, TURN * 350 / 360, TURN / 36, True, 1.0)
    assert np.array(_rectangle(plan, averaged)) == pytest.approx(
        np.array([(350, 5), (360, 5), (360, 10), (350, 10)], float)
    )
    helix = ViewPiece(10.0, 11.0, -TURN / 36, -TURN / 36, False, 1.0)
    assert np.array(_rectangle(plan, helix)) == pytest.approx(
        np.array([(340, -5.5), (350, -5.5), (350, 26.5), (340, 26.5)])
    )
    axial = ViewPiece(0.0, 0.0, 0.0, TURN, True, 1.0)
    assert np.array(_rectangle(plan, axial))[:, 1].tolist() == [-20, -20, 20, 20]
