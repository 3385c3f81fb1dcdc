"""Progress of a run: rates, rounds, time left, the notice of compiling."""

import pytest

from ctdose.cli import progress as module
from ctdose.cli.display import PlainDisplay, TerminalDisplay
from ctdose.cli.pace import Pace
from ctdose.cli.progress import ProgressReport
from ctdose.cli.rates import ASSUMED_PER_THREAD, clock, keep_rate, last_rate

BATCH = 65536


class Clock:
    """A clock that is set by hand."""

    def __init__(self):
        self.seconds = 100.0

    def __call__(self):
        return self.seconds


class Recorder:
    """A display that remembers."""

    def __init__(self):
        self.begun, self.updates, self.notes = [], [], []

    def begin(self, stage):
        self.begun.append(stage)

    def update(self, stage, share, text):
        self.updates.append((stage, share, text))

    def note(self, text):
        self.notes.append(text)

    def close(self):
        pass


@pytest.fixture
def ticking(monkeypatch):
    now = Clock()
    monkeypatch.setattr(module, "Pace", lambda: Pace(now))
    return now


def test_pace_counts_from_the_first_finished_batch_on():
    now = Clock()
    pace = Pace(now)
    assert pace.rate is None
    now.seconds += 30.0  # compiling
    pace.update(2)
    assert pace.rate is None
    now.seconds += 2.0
    pace.update(6)
    assert pace.rate == pytest.approx(4 * BATCH / 2.0)
    assert pace.seconds_for(10) == pytest.approx(5.0)


def test_time_left_includes_the_bodies_to_come(ticking):
    shown = Recorder()
    report = ProgressReport(shown, ("adult-male", "adult-female"), compiled=True)
    for done in (1, 2):
        report("adult-male", done, 10)
        ticking.seconds += 1.0
    report("adult-male", 3, 10)
    assert shown.updates[-1] == (
        "adult-male",
        0.3,
        "0.07 M histories/s, 17 s left",
    )  # 7 here, 10 in the other
    report("adult-female", 1, 10)
    ticking.seconds += 1.0
    report("adult-female", 2, 10)
    assert shown.updates[-1][2].endswith(", 8 s left")
    assert report.rate == pytest.approx(BATCH)


def test_a_calibration_in_rounds_is_shown_as_rounds(ticking):
    shown = Recorder()
    report = ProgressReport(shown, ("water",), compiled=True)
    for done, wanted in ((0, 64), (64, 64), (0, 256), (100, 256)):
        report("calibration 120 kV body", done, wanted)
    report("water", 0, 1)
    assert shown.begun == ["calibration 120 kV body", "calibration 120 kV body, round 2", "water"]
    assert len(shown.notes) == 1
    assert shown.notes[0].startswith("Calibrating once (some 20 s)")


def test_compiling_is_said_once_and_noted_when_it_is_done(ticking, tmp_path, monkeypatch):
    monkeypatch.setenv("CTDOSE_CACHE_DIR", str(tmp_path))
    from ctdose.simulation.compiled import is_compiled

    shown = Recorder()
    report = ProgressReport(shown, ("water",), compiled=False)
    report("water", 0, 2)
    report("water", 0, 2)
    assert not is_compiled()
    report("water", 1, 2)
    assert is_compiled()
    assert len(shown.notes) == 1
    assert "Compiling once (about 30 s)" in shown.notes[0]


def test_plain_lines_are_few(capsys):
    now = Clock()
    display = PlainDisplay(now)
    display.begin("adult-male")
    for _ in range(1000):
        now.seconds += 0.1
        display.update("adult-male", 0.5, "0.25 M histories/s, 8 s left")
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "adult-male …"
    assert lines[1] == "adult-male: 50%, 0.25 M histories/s, 8 s left"
    assert 4 < len(lines) < 10


def test_bars_are_drawn_on_standard_error(capsys):
    display = TerminalDisplay()
    display.begin("calibration [120] kV")
    display.update("calibration [120] kV", 0.5, "1 s left")
    display.note("a [note]")
    display.begin("water")
    display.close()
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "a [note]" in shown.err
    assert "calibration [120] kV" in shown.err


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "1 s"), (59.4, "59 s"), (200, "3 min 20 s"), (1500, "25 min"), (7800, "2 h 10 min")],
)
def test_clock(seconds, text):
    assert clock(seconds) == text


def test_rate_is_kept_for_each_estimator(tmp_path, monkeypatch):
    monkeypatch.setenv("CTDOSE_CACHE_DIR", str(tmp_path))
    assert last_rate("analogue").per_thread == ASSUMED_PER_THREAD
    keep_rate("analogue", 1e6, 4)
    assert last_rate("analogue").per_thread == 2.5e5
    assert last_rate("analogue").measured
    assert last_rate("analogue").seconds(10**6, 2) == pytest.approx(2.0)
    assert not last_rate("collision-kerma").measured
    (tmp_path / "rates" / "analogue.json").write_text("{")
    assert not last_rate("analogue").measured
