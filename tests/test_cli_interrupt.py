"""Ctrl-C: stops a run within a second, and what was simulated is kept."""

import builtins
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from ctdose.cli import interrupt as interrupt_module
from ctdose.cli.guard import guarded
from ctdose.cli.interrupt import Interrupt, Stopped
from ctdose.cli.main import main

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

EXAM = """\
exam: Water
phantom: water-cylinder
scanner: generic-64
acquisitions:
  - {name: middle, mode: axial, tube_voltage_kv: 120, bowtie: body, collimation_mm: 40, table_increment_mm: 40,
     rotation_time_s: 0.5, scan_range: [-40, 40], tube_current_ma: 200}
simulation: {histories: 1_000_000_000, voxel_mm: 10}
"""

# The calibration, minutes of simulation, is replaced by a number.
RUN = textwrap.dedent("""
    import sys
    from ctdose.calibration import ctdi_case
    from ctdose.calibration.ctdi import SimulatedCTDI
    if sys.argv.pop(1) == "calibrated":
        ctdi_case._cached = lambda identity: SimulatedCTDI(1e-12, 2e-12, 1.7e-12, 1e-3, 10**7)
    else:
        ctdi_case._cached = lambda identity: None
    from ctdose.cli.main import main
    sys.exit(main())
""")
SLOWEST_S = 120.0  # until the run says that it goes on: it may have to compile first


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "mine.yaml").write_text(EXAM)
    return tmp_path


def interrupt(folder, calibration: str, sign: str, wait: float) -> tuple[int, float, str]:
    """Start a run, press Ctrl-C some time after a line on standard error; exit code, seconds until its end, lines."""
    command = [sys.executable, "-c", RUN, calibration, "run", "mine.yaml", "--threads", "1"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    timer = threading.Timer(SLOWEST_S, process.kill)
    timer.start()
    lines = []
    for line in process.stderr:
        lines.append(line)
        if sign in line:
            break
    time.sleep(wait)
    begin = time.perf_counter()
    process.send_signal(signal.SIGINT)
    _, error = process.communicate()
    timer.cancel()
    return process.returncode, time.perf_counter() - begin, "".join(lines) + error


@pytest.mark.usefixtures("compiled")
def test_what_was_simulated_is_kept(folder):
    code, seconds, error = interrupt(folder, "calibrated", "water-cylinder", 3.0)
    assert code == 1
    assert seconds < 3.0  # a second until it stops, and the table and the file on top
    assert "Stopped by Ctrl-C:" in error
    assert "marked incomplete" in error
    assert "Traceback" not in error
    from ctdose.results.result_file import load_result

    result = load_result(folder / "mine.h5")
    assert not result.complete
    assert 0 < result.histories < 10**9
    assert result.histories % 65536 == 0


def test_a_calibration_is_given_up_at_once(folder):
    code, seconds, error = interrupt(folder, "not calibrated", "calibration", 1.0)
    assert code == 1
    assert seconds < 2.0
    assert error.splitlines()[-1] == "Stopped by Ctrl-C. Nothing was written."
    assert [path.name for path in folder.iterdir()] == ["mine.yaml"]


@pytest.fixture
def compiled():
    """Have the kernels in the cache, so that the run comes to its histories soon."""
    import ctdose
    from ctdose.phantoms.cylinders import build_cylinder

    cylinder = build_cylinder(diameter_mm=100.0, length_mm=100.0, voxel_mm=50.0)
    beam = ctdose.PointSource((0, -600, 0), (0, 0, 0), (0.05, 0.05), spectrum=60.0)
    ctdose.irradiate(cylinder, beam, histories=1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_first_interrupt_is_noted_where_there_is_something_to_keep(monkeypatch, number):
    before = signal.getsignal(number)
    with Interrupt() as state:
        state.keeping = True
        signal.raise_signal(number)
        signal.raise_signal(number)  # sent to the process and to its group
        with pytest.raises(KeyboardInterrupt):
            state.check()
        monkeypatch.setattr(interrupt_module, "SAME_STOP_S", -1.0)
        with pytest.raises(Stopped):  # the second one means it
            signal.raise_signal(number)
    assert signal.getsignal(number) is before
    assert state.by == {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}[number]


def test_interrupt_before_there_is_anything_stops_at_once():
    with Interrupt() as state:
        state.check()
        with pytest.raises(Stopped):
            signal.raise_signal(signal.SIGINT)


def test_an_interrupt_that_a_callback_swallows_is_silent_and_not_forgotten(capfd):
    import ctypes

    def called():
        signal.raise_signal(signal.SIGINT)

    with Interrupt() as state:
        ctypes.CFUNCTYPE(None)(called)()
        with pytest.raises(Stopped):
            state.check()
    assert capfd.readouterr().err == ""


def test_other_threads_leave_the_signal_alone():
    before = signal.getsignal(signal.SIGINT)
    seen = []

    def enter():
        with Interrupt():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert seen == [before]


def test_a_signal_just_before_the_work_breaks_it_off_too():
    class Late(Interrupt):
        def check(self):
            super().check()
            signal.raise_signal(signal.SIGTERM)

    with Late() as state:
        state.keeping = True
        with pytest.raises(KeyboardInterrupt), state.breakable():
            pytest.fail("the work was begun")


def veiled(stop: BaseException) -> ImportError:
    """What is made of a stop that was raised inside a function in C while a library is loaded."""
    inner, outer = SystemError("<cyfunction f> returned a result with an exception set"), ImportError("g")
    inner.__cause__, outer.__cause__ = stop, inner
    return outer


@pytest.mark.parametrize("stop", [Stopped(by="SIGTERM"), KeyboardInterrupt()])
def test_a_stop_inside_a_compiled_library_is_a_stop(stop, capsys):
    with pytest.raises(type(stop)), interrupt_module.unveiled():
        raise veiled(stop)
    with Interrupt() as state:
        state.keeping = True
        with pytest.raises(type(stop)), state.breakable():
            raise veiled(stop)

    def command():
        raise veiled(stop)

    assert guarded(command) == 1
    assert capsys.readouterr().err == f"Stopped by {getattr(stop, 'by', 'Ctrl-C')}.\n"


def test_an_error_of_its_own_stays_one():
    with pytest.raises(ImportError), interrupt_module.unveiled():
        raise veiled(ValueError("x"))
    with pytest.raises(SystemError), interrupt_module.unveiled():
        raise SystemError("bad argument to internal function")


def test_ctrl_c_while_the_command_is_loaded_is_a_line(monkeypatch, capsys):
    def stop(name, *rest, **more):
        if name == "ctdose.cli.app":
            raise veiled(KeyboardInterrupt())
        return load(name, *rest, **more)

    load = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", stop)
    assert main([]) == 1
    assert capsys.readouterr().err == "Stopped by Ctrl-C.\n"
