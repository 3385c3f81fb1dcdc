"""`ctdose compare`: Ctrl-C, a target of precision, wrong options; on a water cylinder in coarse voxels."""

import csv
import signal
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest

from ctdose.cli.main import main
from ctdose.study.study_file import load_study_result
from known_ctdi import know_ctdi

STUDY = """\
study: Water
base:
  exam: Water
  phantom: water-cylinder
  scanner: generic-64
  acquisitions:
    - {name: middle, mode: axial, tube_voltage_kv: 120, bowtie: body, collimation_mm: 40, table_increment_mm: 40,
       rotation_time_s: 0.5, scan_range: [-20, 20], tube_current_ma: 200}
  simulation: {voxel_mm: 10}
variants:
  - {name: 80 kV, change: {tube_voltage_kv: 80}}
  - {name: 10 mm, change: {collimation_mm: 10, table_increment_mm: 10}}
histories: 1_000_000_000
"""
# The calibration, minutes of simulation, is replaced by a number.
RUN = textwrap.dedent("""
    import sys
    from ctdose.calibration import ctdi_case, ctdi_ratios
    from ctdose.calibration.ctdi import SimulatedCTDI
    from ctdose.calibration.ctdi_ratios import CTDIRatios
    ctdi_case._cached = lambda identity: SimulatedCTDI(1e-12, 2e-12, 1.7e-12, 1e-3, 10**7)
    ctdi_ratios._cached = lambda _, n: CTDIRatios([0.6] * n, [1.2] * n, [1.0] * n, [[0.0] * n] * n, 10**7)
    from ctdose.cli.main import main
    sys.exit(main())
""")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "mine.yaml").write_text(STUDY)
    monkeypatch.chdir(tmp_path)
    know_ctdi(monkeypatch)
    return tmp_path


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_stops_at_once_and_writes_nothing(folder):
    """While histories run; a batch that runs is drained first."""
    words = ["compare", "mine.yaml", "--csv", "doses.csv", "--plot", "pictures", "--threads", "1"]
    command = [sys.executable, "-c", RUN, *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    timer = threading.Timer(120.0, process.kill)  # it may have to compile first
    timer.start()
    for line in process.stderr:
        if "water-cylinder" in line:
            break
    time.sleep(1.0)
    begin = time.perf_counter()
    process.send_signal(signal.SIGINT)
    output, error = process.communicate()
    timer.cancel()
    assert process.returncode == 1
    assert time.perf_counter() - begin < 3.0
    assert error.splitlines()[-1] == "Stopped by Ctrl-C. Nothing was written."
    assert output == ""
    assert [path.name for path in folder.iterdir()] == ["mine.yaml"]


def test_a_file_that_was_begun_is_finished(folder, capsys, monkeypatch):
    """Ctrl-C while the result is being written: it is whole, and the pictures are not begun."""
    from ctdose.study import study_file

    whole = study_file.save_study

    def interrupted(*arguments, **options):
        signal.raise_signal(signal.SIGINT)
        whole(*arguments, **options)

    monkeypatch.setattr(study_file, "save_study", interrupted)
    assert main(["compare", "mine.yaml", "--histories", "1", "--csv", "doses.csv"]) == 1
    error = capsys.readouterr().err
    assert "Wrote mine.h5." in error
    assert "Stopped by Ctrl-C. The files named above are complete" in error
    assert len(load_study_result(folder / "mine.h5").members) == 3
    assert not (folder / "doses.csv").exists()


def test_it_runs_until_ratios_are_known(folder, capsys):
    """The histories of the study are left aside; fewer than 1e9 are enough, in batches equal for all variants."""
    assert main(["compare", "mine.yaml", "--target-error", "0.001"]) == 0
    error = capsys.readouterr().err
    assert "Target of 0.001 reached: the ratio of" in error
    result = load_study_result(folder / "mine.h5")
    errors = [ratio[1] / ratio[0] for i in (1, 2) for ratio in [result.ratio(i, result.quantities[0])]]
    assert max(errors) <= 0.001
    batches = result.batch_doses["water-cylinder"].shape[1]
    assert result.histories == 2 * batches * 65536 < 1e9  # two groups: the narrow beam runs anew
    assert np.all(result.batch_doses["water-cylinder"] > 0.0)
    assert batches > 8  # more than the first round


def test_a_target_that_is_not_reached_is_said_and_pictures_are_drawn(folder, capsys):
    words = ["compare", "mine.yaml", "--target-error", "0.0001", "--histories", "1", "--plot", "pictures"]
    assert main(words) == 0
    assert [path.name for path in (folder / "pictures").iterdir()] == [
        "organs.png"
    ]  # no effective dose of water
    assert "Target of 0.0001 NOT reached: the ratio of" in capsys.readouterr().err
    result = load_study_result(folder / "mine.h5")
    assert result.batch_doses["water-cylinder"].shape[1] == 8
    _shown_again(capsys, result)


def _shown_again(capsys, result):
    """`ctdose show` of the file: the tables, the CSV, and a refusal of what a study has not."""
    assert main(["show", "mine.h5"]) == 0
    assert "# Water: settings as stated" in capsys.readouterr().out
    assert main(["show", "mine.h5", "--csv"]) == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert len(rows) == 3 * len(result.criteria) * len(result.quantities)
    assert main(["show", "mine.h5", "--uncertainty"]) == 2
    assert "--uncertainty (mine.h5 is a study, which has none)." in capsys.readouterr().err


@pytest.mark.parametrize("value", ["0", "2", "x", "1 %"])
def test_a_wrong_target_is_refused(folder, capsys, value):
    assert main(["compare", "mine.yaml", "--target-error", value]) == 2
    assert "target_error=" in capsys.readouterr().err
    assert [path.name for path in folder.iterdir()] == ["mine.yaml"]


def test_the_module_gives_its_exit_code():
    command = [sys.executable, "-m", "ctdose", "compare", "nosuch"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("study=nosuch (neither a file nor a shipped study).")
