"""The same bits: for any number of threads, in parts, compiled and interpreted, and as they were before.

The golden file holds the sums of a few histories on tables of plain arithmetic, so that neither the photon data nor
the machine's logarithm can move them. Where the kernels moved them on purpose: `pytest tests/test_bits.py --update`,
and a line in CHANGELOG.md.
"""

import hashlib
import itertools
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import ctdose
from ctdose.kernels.tables import (
    BEAM_CT,
    BEAM_PARALLEL,
    BEAM_POINT,
    ENERGY_BINS,
    PROFILE_NODES,
    REGION_SENTINEL,
    Attenuation,
    Composites,
    Fluorescence,
    Responses,
    Run,
    Scattering,
    Tables,
    Voxels,
)
from ctdose.kernels.voxels import pack_words
from ctdose.physics.energy_grid import bin_ends, regular_nodes
from ctdose.physics.form_factors import squared_x_nodes
from ctdose.physics.tables import value_and_slope
from ctdose.simulation.beam_tables import BeamRow, Spot, pack_beams
from ctdose.simulation.clip import box_slabs
from ctdose.simulation.majorant import with_majorant
from ctdose.simulation.variants import no_weights
from ctdose.simulation.views import PieceRow, build_views
from ctdose.simulation.zones import no_zones

GOLDEN = Path(__file__).parent / "data" / "golden_bits.json"
KINDS = {"ct": BEAM_CT, "point": BEAM_POINT, "parallel": BEAM_PARALLEL, "tilted ct with a spot": BEAM_CT}
CASES = list(itertools.product(("ct", "point", "parallel"), ("collision-kerma", "analogue"), (0, 1), (-1, 2)))
CASES += [("tilted ct with a spot", estimator, 0, 2) for estimator in ("collision-kerma", "analogue")]
HISTORIES = 100
EDGE_KEV = 33.25
REGIONS, ROWS = 5, 7


def attenuation_and_fluorescence():
    """Three materials, the second with a K edge; nothing but + - * / has made these numbers."""
    nodes = regular_nodes()
    nodes[np.argmin(np.abs(nodes - EDGE_KEV))] = EDGE_KEV
    columns = {name: [] for name in ("mu", "mu_en", "photoelectric", "both")}
    for a, b, jump in ((4000.0, 0.17, 1.0), (40000.0, 0.2, 5.0), (3000.0, 0.0002, 1.0)):
        ends = {name: [] for name in columns}
        for energy in bin_ends(nodes):
            photo = a / (energy * energy * energy) * np.where(energy >= EDGE_KEV, jump, 1.0)
            total = photo + 1.2 * b
            for name, value in zip(
                columns, (total, 0.9 * photo + 0.1 * b, photo / total, (photo + b) / total)
            ):
                ends[name].append(value)
        for name, pair in ends.items():
            columns[name].append(value_and_slope(nodes, *pair))
    mu, mu_en, photoelectric, both = (np.ascontiguousarray(np.stack(c, axis=1)) for c in columns.values())
    attenuation = Attenuation(nodes, np.zeros((ENERGY_BINS, 2), np.float32), mu, mu_en, photoelectric, both)
    probability = np.zeros((2, ENERGY_BINS, 2), np.float32)
    probability[0, nodes[:-1] >= 4.0, 0] = 0.125
    probability[1, :, 0] = probability[0, :, 0] + np.where(nodes[:-1] >= EDGE_KEV, 0.5, 0.0)
    lines = np.array([[3.5, 3.75], [28.5, 32.25]], np.float32), np.array([[0.875, 1], [0.75, 1]], np.float32)
    first = np.array([0, 0, 2, 2], np.int32)
    fluorescence = Fluorescence(first, probability, np.array([0, 1], np.int32), *lines)
    return with_majorant(attenuation, np.array([1.5, 1.0, 0.5])), fluorescence


def scattering():
    u = squared_x_nodes().astype(np.float64)
    incoherent = [u / (u + c) for c in (0.02, 0.1, 0.05)]
    coherent = [z / ((1.0 + c * u) * (1.0 + c * u)) for z, c in ((30.0, 40.0), (900.0, 20.0), (50.0, 30.0))]
    steps = [np.cumsum(0.5 * (f[1:] + f[:-1]) * np.diff(u)) for f in coherent]
    integral = [np.concatenate([[0.0], s]) for s in steps]
    part = np.arange(PROFILE_NODES) / (PROFILE_NODES - 1.0)
    p = 100.0 * part * part
    profile = [p / (p + c) * ((100.0 + c) / 100.0) for c in (1.0, 3.0, 2.0)]
    arrays = (
        np.ascontiguousarray(np.stack(a), np.float32) for a in (incoherent, coherent, integral, profile)
    )
    return Scattering(squared_x_nodes().copy(), *arrays)


def voxels():
    """6 x 5 x 4 voxels of 1 x 1.25 x 1.5 cm: three materials, five regions, one corner that ends photons."""
    z, y, x = np.indices((4, 5, 6))
    region = (x + y + 2 * z) % REGIONS
    region[0, 0, 0] = REGION_SENTINEL
    ratio = np.array([1.5, 1.0, 0.5])[(x + y) % 3] - 0.25 * ((z + x) % 2)
    spacing = np.array([1.0, 1.25, 1.5], np.float32)
    shape = np.array([6, 5, 4], np.int32)
    words = pack_words(((x + y) % 3).astype(np.uint8).ravel(), region.ravel(), ratio.ravel())
    slabs = box_slabs(spacing * shape).astype(np.float32)
    word, kind = np.unique(words, return_inverse=True)
    return Voxels(kind.astype(np.uint8), word, shape, np.array([1.0, 0.8, 2.0 / 3.0], np.float32), slabs)


def source(kind):
    weight = np.array([1.0, 2.0, 4.0, 1.0])
    energies = np.array([5.0, 30.0, 40.0, 80.0])
    spectra = np.array([[1.0, 2, 4, 1], [1, 1, 1, 1], [0, 0, 1, 7], [8, 4, 2, 2]])
    frame = np.array([[3.0, -20.0, 3.0], [0, 1, 0], [1, 0, 0], [0, 0, 1]])
    heel = np.linspace(0.5, 1.0, 32)
    fan, cone, isocentre = (-0.125, 0.0625), (-0.0625, 0.125), (3.0, 3.125)
    row = BeamRow(KINDS[kind], fan, weight, cone, energies, spectra, isocentre, 20.0, frame, heel)
    if kind == "parallel":
        row = BeamRow(BEAM_PARALLEL, (3.5, 3.25), np.ones(1), (0.0, 0.0), energies, spectra[:1], frame=frame)
    pieces = [
        PieceRow(3.0, (0.5, 5.5), (0.25, 6.0), False, 0, 0),
        PieceRow(1.0, (3.0, 3.0), (0.0, 6.25), True, 0, 1),
        PieceRow(4.0, (5.0, 1.0), (1.0, -5.0), False, 0, 1),
    ]
    if kind == "tilted ct with a spot":
        row = replace(row, tilt_rad=0.25, spot=Spot(0.125, 0.25, 0.25, 1.0, 8.0))
        pieces[1] = replace(pieces[1], blades=(-0.5, 1.0, -1.0, 0.25))
        pieces[2] = replace(pieces[2], blades=(0.75, 1.0, -1.5, 1.0))
    return pack_beams([row]), build_views(pieces)


def make_tables(kind, estimator, doppler, surroundings):
    attenuation, fluorescence = attenuation_and_fluorescence()
    curve = np.zeros((ENERGY_BINS, 2, 2), np.float32)
    curve[:, 0, 0], curve[:, 1, 1] = 0.25, 0.03125
    of_region = np.array([[[-1, 0], [-1, 0]]] * REGIONS, np.int32)
    of_region[1], of_region[3, 0] = ((0, 5), (1, 6)), (1, 5)
    composites = Composites(
        np.array([0, 1, 3, 3, 4, 5, 6, 6], np.int32),
        np.array([0, 0, 1, 1, 0, 1], np.int32),
        np.array([1.0, 0.3, -0.7, 0.1, 0.9, 0.5]),
    )
    beams, views = source(kind)
    run = Run(1, 2, 2.0, int(estimator == "analogue"), doppler, surroundings, REGIONS, ROWS, 2, 1)
    responses = Responses(curve, of_region)
    return Tables(
        voxels(),
        no_zones(),
        attenuation,
        scattering(),
        fluorescence,
        responses,
        composites,
        views,
        beams,
        no_weights(),
        run,
    )


def digest(*arrays):
    return hashlib.blake2b(
        b"".join(np.ascontiguousarray(a).tobytes() for a in arrays), digest_size=8
    ).hexdigest()


def name_of(case):
    kind, estimator, doppler, surroundings = case
    return f"{kind}, {estimator}{', doppler' * doppler}{', air' * (surroundings >= 0)}"


@pytest.fixture(scope="module")
def simulated(transport):
    """Sums of every case: histories spread over the strata of a batch, so over the pieces of the scan."""
    found = {}
    for case in CASES:
        tables = make_tables(*case)
        parts = [transport(tables, k * 653, k * 653 + 1, acquisitions=2) for k in range(HISTORIES)]
        sums = [
            sum(getattr(p, name) for p in parts) for name in ("rows", "voxel_sum", "voxel_square", "counters")
        ]
        rows, voxel_sum, voxel_square, counters = sums
        found[name_of(case)] = {
            "counters": counters.tolist(),
            "rows": rows[:, :, 0].sum(axis=0).tolist(),
            "digest": digest(rows, voxel_sum, voxel_square),
        }
    return found


@pytest.mark.kernels
def test_bits_are_those_of_the_golden_file(simulated, request):
    if request.config.getoption("--update"):
        lines = (f"{json.dumps(name)}: {json.dumps(case)}" for name, case in simulated.items())
        GOLDEN.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    moved = [name for name in simulated if simulated[name] != golden.get(name)]
    assert not moved, (
        f"the bits of {len(moved)} of {len(CASES)} cases moved: {'; '.join(moved)}. If that is meant: "
        "pytest tests/test_bits.py --update, and a line in CHANGELOG.md."
    )


@pytest.mark.kernels
def test_the_golden_cases_reach_every_branch(simulated):
    """What no case does, no golden number guards."""
    counters = np.array([case["counters"] for case in simulated.values()])
    assert (counters[:, 6] == counters[:, 7] + counters[:, 8]).all()
    entered, photoelectric, compton, rayleigh, fluorescence = counters[:, [0, 9, 10, 11, 12]].sum(axis=0)
    assert 0 < entered < HISTORIES * len(CASES)
    assert min(photoelectric, compton, rayleigh, fluorescence) > 50
    assert len({case["digest"] for case in simulated.values()}) == len(CASES)


@pytest.fixture(scope="module")
def head():
    """A small phantom of water, bone and iodine, its map kept, all options on: seven batches."""
    contrast = ctdose.Material.from_mass_fractions("c", {"H": 0.1, "O": 0.8, "I": 0.1}, density_g_cm3=1.1)
    materials = [ctdose.Material("water"), ctdose.Material("cortical-bone"), contrast]
    index = (np.indices((6, 6, 6)).sum(axis=0) % 3).astype(np.uint8)
    phantom = ctdose.VoxelPhantom(index, materials, (8.0,) * 3, (-20.0,) * 3)
    beam = ctdose.RotatingSource(300.0, (0.05, 0.05), ([20.0, 36.0], [1.0, 1.0]))

    def run(**options):
        return ctdose.irradiate(
            phantom, beam, doppler=True, surroundings=ctdose.Material("air"), dose_map=True, **options
        ).sums

    return run


def same(one, other):
    names = ("batches", "rows", "voxel_sum", "voxel_square", "counters")
    return all((getattr(one, name) == getattr(other, name)).all() for name in names)


@pytest.fixture(scope="module")
def whole(head):
    return head(batches=range(7), threads=1)


@pytest.mark.parametrize("threads", [2, 7])
def test_threads_change_no_bit(head, whole, threads):
    assert same(head(batches=range(7), threads=threads), whole)


@pytest.mark.parametrize("parts", [((0, 1, 2), (3, 4, 5, 6)), ((6, 0, 3), (5, 1), (2, 4))])
def test_a_run_in_parts_adds_up_to_the_whole(head, whole, parts):
    sums = [head(batches=part, threads=2) for part in parts]
    total = sums[0]
    for part in sums[1:]:
        total = part + total
    assert same(total, whole)


def test_a_run_repeats_and_more_batches_only_add(head, whole):
    again = head(histories=2 * 65536)
    assert (again.rows == whole.rows[:2]).all()
    assert (again.counters == whole.counters[:2]).all()


SCRIPT = """
import json, numpy as np
import ctdose
from ctdose.kernels.cpu import make_tallies, make_workspace
from ctdose.simulation import beam_tables as b, compiled, transport_tables as t, views as v, voxel_tables as x
import numba
water = ctdose.Material("water")
contrast = ctdose.Material.from_mass_fractions("c", {"H": 0.1, "O": 0.8, "Ca": 0.02, "I": 0.08}, density_g_cm3=1.1)
index = (np.indices((5, 5, 5)).sum(axis=0) % 2).astype(np.uint8)
phantom = ctdose.VoxelPhantom(index, [water, contrast], (10.0,) * 3, (-20.0,) * 3)
found = {"interpreted": bool(numba.config.DISABLE_JIT)}
for estimator, doppler, beam in (
    ("collision-kerma", True, ctdose.PointSource((0, -400, 50), (0, 0, 0), (0.06, 0.06), ([34.0, 80.0], [1, 1]))),
    ("analogue", False, ctdose.ParallelBeam((1, 2, 3), (-60, -120, -180), (40, 40), 33.5)),
):
    beams = b.pack_beams([b.open_beam_row(beam, lambda p: x.to_kernel_frame(phantom, p))])
    tables = t.build_transport_tables(
        phantom, beams, v.build_views([v.FIXED_PIECE]), key=(3, 4), physics=t.Physics(estimator, 1.0, doppler),
        surroundings=ctdose.Material("air"), with_voxels=True)
    tallies = make_tallies(1, 2, np.zeros(250, np.int64))
    compiled.entry(found["interpreted"])(tables, make_workspace(2, 0), tallies, 0, 150)
    found[estimator] = [a.ravel().tolist() for a in tallies]
print(json.dumps(found))
"""


def run_script(**environment):
    command = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_compiled_and_interpreted_kernels_agree_on_real_materials():
    compiled, interpreted = run_script(NUMBA_DISABLE_JIT="0"), run_script(NUMBA_DISABLE_JIT="1")
    assert (compiled.pop("interpreted"), interpreted.pop("interpreted")) == (False, True)
    assert compiled == interpreted
