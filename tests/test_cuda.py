"""The GPU's kernel: PTX without fused multiply-adds, the CPU's bits (in numba's simulator), one line without a GPU.

A test on a GPU itself runs where there is one.
"""

import importlib.util
import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest

import ctdose
from ctdose.cli.main import main
from ctdose.errors import CtdoseError, MissingExtraError
from ctdose.simulation import cuda_device, cuda_runner

MISSING = importlib.util.find_spec("numba_cuda") is None
needs_numba_cuda = pytest.mark.skipif(
    MISSING, reason='numba-cuda is not installed: pip install "ctdose[cuda]"'
)

# Each runs in a process of its own: the simulator, and what is compiled for a GPU, are chosen when numba is loaded.
CASES = """
import json, sys
from dataclasses import replace
import numpy as np
import ctdose
from ctdose.simulation import beam_tables as b, transport_tables as t, views as v, voxel_tables as x
from ctdose.simulation.cuda_runner import CudaRunner
from ctdose.simulation.scoring import Composite, FoldedResponse
from ctdose.simulation.zones import Raised
water, air = ctdose.Material("water"), ctdose.Material("air")
contrast = ctdose.Material.from_mass_fractions("c", {"H": 0.1, "O": 0.8, "Ca": 0.02, "I": 0.08}, density_g_cm3=1.1)
index = (np.indices((5, 5, 5)).sum(axis=0) % 2).astype(np.uint8)
region = index.copy()
region[1, 1, 0] = 2
phantom = ctdose.VoxelPhantom(index, [water, contrast], (10.0,) * 3, (-20.0,) * 3, region)
point = ctdose.PointSource((0, -400, 50), (0, 0, 0), (0.06, 0.06), ([34.0, 80.0], [1, 1]))
parallel = ctdose.ParallelBeam((1, 2, 3), (-60, -120, -180), (40, 40), 33.5)

rotating = ctdose.RotatingSource(400, (0.06, 0.06), ([34.0, 80.0], [1, 1]))
moving = v.PieceRow(1.0, (1.5, 3.5), (0.0, 40.0), False, 0, 0, (-0.5, 1.0, -1.0, 0.25))

def tables_of(estimator, beam, surroundings, voxels, raised=t.NOWHERE):
    row, piece = b.open_beam_row(beam, lambda p: x.to_kernel_frame(phantom, p)), v.FIXED_PIECE
    if beam is rotating:
        row, piece = replace(row, tilt_rad=0.25, spot=b.Spot(0.1, 0.2, 0.25, 1.0, 8.0)), moving
    return t.build_transport_tables(
        phantom, b.pack_beams([row]), v.build_views([piece]), key=(3, 4),
        physics=t.Physics(estimator, 2.0, estimator == "analogue"), surroundings=surroundings, with_voxels=voxels,
        raised=raised, responses=[FoldedResponse("a", 1, water)], composites=[Composite("sum", {0: 0.3, 1: -0.7})])

CASES = {
    "collision kerma": ("collision-kerma", point, None, True),
    "collision kerma in air, no map": ("collision-kerma", parallel, air, False),
    "analogue in air": ("analogue", point, air, True),
    "analogue": ("analogue", parallel, None, True),
    "zones": ("collision-kerma", point, air, True, Raised((2,), 6.0)),
    "tilted, with a spot and blades": ("collision-kerma", rotating, air, True),
}
"""

SUMS = """
from ctdose.kernels.cpu import make_tallies, make_workspace
from ctdose.simulation.compiled import entry
BATCHES, HISTORIES = (0, 3, 70000), 100

def on_cpu(tables, voxels):
    for batch in BATCHES:
        tallies = make_tallies(1, tables.run.rows + tables.run.composites, voxels)
        entry(True)(tables, make_workspace(tables.run.rows, 2), tallies, batch * 65536, batch * 65536 + HISTORIES)
        yield tallies

class Watched(CudaRunner):
    def _prepare(self):
        self.given = super()._prepare()
        return self.given

found = {}
for name, case in CASES.items():
    tables = tables_of(*case)
    assert tables.zones.shape.any() == (name == "zones")
    if sys.argv[1] == "cuda":
        runner = Watched(tables, histories=HISTORIES)
        sums = runner.run(BATCHES)
        marks = runner.given.scratch.seen.copy_to_host()[:, -1]
        assert np.count_nonzero(marks) > len(marks) // 2 or not case[3], "threads share their working memory"
        rows, counters, voxels = sums.rows, sums.counters, sums.voxels if case[3] else np.zeros(0)
    else:
        voxels = np.zeros(250 if case[3] else 0, np.int64)
        rows, counters = (np.stack(part) for part in zip(*((t.rows, t.counters) for t in on_cpu(tables, voxels))))
    found[name] = [np.asarray(a).ravel().tolist() for a in (rows, counters, voxels)]
print(json.dumps(found))
"""

VIEWS = """
from ctdose.kernels.cpu import make_tallies, make_workspace
from ctdose.simulation.compiled import entry
BATCHES, HISTORIES, BINS = (0, 3), 60, [0, 0, 1]
row = b.open_beam_row(rotating, lambda p: x.to_kernel_frame(phantom, p))
photons = (20.0, 20.0, 65496.0)  # in the order of time: the first 60 histories of a batch are of all three
pieces = [v.PieceRow(n, (1.5, 3.5), (2.0 * k, 2.0), False, 0, k) for k, n in enumerate(photons)]
tables = t.build_transport_tables(
    phantom, b.pack_beams([row]), v.build_views(pieces), key=(3, 4), physics=t.Physics(), with_voxels=True)
if sys.argv[1] == "cuda":
    sums = CudaRunner(tables, 2, histories=HISTORIES, bins=BINS).run(BATCHES)
    rows, views = sums.rows, sums.views
else:
    per_batch = []
    for batch in BATCHES:
        tallies = make_tallies(3, tables.run.rows, np.zeros(250, np.int64))
        first = batch * 65536
        entry(True)(tables, make_workspace(tables.run.rows, 0), tallies, first, first + HISTORIES)
        per_batch.append(tallies.rows)
    views = sum(per_batch)
    rows = np.stack([np.stack([each[:2].sum(axis=0), each[2]]) for each in per_batch])
print(json.dumps([rows.tolist(), views.tolist()]))
"""

PTX = """
from types import SimpleNamespace
from numba import cuda, typeof, types
from numba.cuda import dispatcher
from ctdose.kernels.atomic import add, atomic_add
from ctdose.kernels.cuda import make_scratch, run_batches
from ctdose.kernels.tally import COUNTERS, Tallies
from ctdose.simulation.cuda_device import exact_arithmetic
capability = tuple(json.loads(sys.argv[1]))
# numba-cuda compiles what a kernel calls for the GPU that it finds; there is none
dispatcher.get_current_device = lambda: SimpleNamespace(compute_capability=capability)
tables = tables_of(*CASES["analogue in air"])
tallies = Tallies(np.zeros((1, 1, 4, 2), np.int64), np.zeros(250, np.int64), np.zeros((1, COUNTERS), np.int64))
given = (tables, make_scratch(1, tables.run), tallies, np.zeros(1, np.int64), 65536)
signature = types.void(*(typeof(a) for a in given))
def ptx():
    return cuda.compile(
        run_batches.py_func, signature, device=False, abi="numba", cc=capability, opt=True, output="ptx")[0]
def additions(rows, voxels):
    add(rows, (0, 0, 0, 1), np.int64(3))
    atomic_add(voxels, 5, np.int64(4))

arrays = types.void(types.int64[:, :, :, ::1], types.int64[::1])
with exact_arithmetic():
    exact = ptx()
both = cuda.compile(additions, arrays, device=False, abi="numba", cc=capability, opt=True, output="ptx")[0]
print(json.dumps([exact, ptx(), both]))
"""


def run_script(script, *arguments, **environment):
    variables = {**os.environ, **environment}
    done = subprocess.run(
        [sys.executable, "-c", CASES + script, *arguments],
        env=variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def on_cpu():
    return run_script(SUMS, "cpu")


@needs_numba_cuda
def test_the_simulated_gpu_gives_the_bits_of_the_cpu(on_cpu):
    """In the simulator blocks of one thread run one after the other: it shows the sums, not that they are atomic."""
    simulated = run_script(SUMS, "cuda", NUMBA_ENABLE_CUDASIM="1", NUMBA_DISABLE_JIT="1")
    assert all(any(part) for name, case in on_cpu.items() for part in case[: 2 if "no map" in name else 3])
    for name, case in on_cpu.items():
        for part, one, other in zip(("rows", "counters", "voxels"), case, simulated[name]):
            assert one == other, f"{name}: {part}"


@needs_numba_cuda
def test_the_simulated_gpu_keeps_the_views_of_the_cpu():
    rows, views = run_script(VIEWS, "cuda", NUMBA_ENABLE_CUDASIM="1", NUMBA_DISABLE_JIT="1")
    assert [rows, views] == run_script(VIEWS, "cpu")
    assert np.any(views, axis=(1, 2)).all()


def has_gpu():
    if MISSING:
        return False
    from numba import cuda

    return cuda.is_available()


@pytest.mark.skipif(not has_gpu(), reason="there is no GPU")
def test_the_gpu_gives_the_bits_of_the_cpu(on_cpu):
    assert run_script(SUMS, "cuda") == on_cpu


@needs_numba_cuda
@pytest.mark.parametrize("capability", [(8, 0), (9, 0)], ids=["8.0", "9.0"])
def test_the_code_for_a_gpu_rounds_as_the_cpu(capability):
    exact, plain, additions = run_script(PTX, json.dumps(capability))
    assert f".target sm_{capability[0]}{capability[1]}" in exact
    operations = set(re.findall(r"\b[a-z]\w*(?:\.\w+)*\.f(?:32|64)\b", exact))
    assert {
        "mul.rn.f32",
        "add.rn.f32",
        "div.rn.f32",
        "sqrt.rn.f32",
    } <= operations  # .rn: the assembler fuses neither
    inexact = re.compile(r"fma|mad|approx|ftz|(mul|add|sub|div|rcp|sqrt)\.(?!rn)|sin|cos|lg2|ex2|full")
    assert [name for name in sorted(operations) if inexact.search(name)] == []
    assert re.findall(r"^\s*call\b.*", exact, re.M) == []  # no library function
    assert len(re.findall(r"\b(?:atom|red)\.global\.add\.u64", additions)) == 2
    assert "fma.rn.f32" in plain  # what numba-cuda does of its own accord


def test_code_with_a_fused_multiply_add_is_refused():
    compile_exactly = cuda_device._exactly(lambda ir, **options: b"fma.rn.f32" if ir else b"mul.rn.f32")
    assert compile_exactly("") == b"mul.rn.f32"
    with pytest.raises(CtdoseError, match="fuses multiplications and additions"):
        compile_exactly("ir")


def test_without_numba_cuda_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setattr(cuda_device, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r'device=cuda needs .* pip install "ctdose\[cuda\]"'):
        ctdose.simulate("chest", device="cuda")


@needs_numba_cuda
def test_without_a_gpu_one_line_says_so_and_nothing_runs(monkeypatch, capsys, tmp_path):
    from numba import cuda

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cuda, "is_available", lambda: False)
    assert main(["run", "chest", "--device", "cuda"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.splitlines() == [
        "device=cuda (no CUDA device was found). It takes an NVIDIA GPU and its driver; without them write cpu."
    ]
    assert list(tmp_path.iterdir()) == []


def test_a_gpu_that_cannot_be_used_says_why_in_one_line(monkeypatch, build_tables_of):
    pytest.importorskip("numba_cuda")
    beam = ctdose.PointSource((0, -300, 0), (0, 0, 0), (0.03, 0.03), 60.0)
    index = np.zeros((2, 2, 2), np.uint8)
    phantom = ctdose.VoxelPhantom(index, [ctdose.Material("water")], (10.0,) * 3, (-5.0,) * 3)

    def fail(value):
        raise MemoryError("out of memory\nat line 3")

    monkeypatch.setattr(cuda_runner, "check_cuda", lambda: None)
    monkeypatch.setattr(cuda_runner, "to_device", fail)
    runner = cuda_runner.make_runner("cuda", build_tables_of(phantom, beam), 1)
    with pytest.raises(CtdoseError, match=r"^device=cuda \(MemoryError: out of memory\)\. Write cpu\.$"):
        runner.run([0])


def test_an_unknown_device_is_named():
    with pytest.raises(CtdoseError, match=r"device=gpu \(unknown\)\. Write cpu or cuda\."):
        ctdose.simulate("chest", device="gpu")
