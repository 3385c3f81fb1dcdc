"""Wrong input for every command: exit code 2, one line, no traceback, nothing written."""

import sys

import pytest

from ctdose.cli.main import main
from water_runs import EXAM

NO_SIMULATION = "simulated in spite of wrong input"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty folder to work in, with an exam, an earlier file and a foreign HDF5 file."""
    import h5py

    from ctdose.execution import exam_run, merge

    assert merge.run_exam  # its own name for it stays

    def refuse(*args, **keywords):
        raise AssertionError(NO_SIMULATION)

    monkeypatch.setattr(exam_run, "run_exam", refuse)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text(EXAM)
    (tmp_path / "bad.yaml").write_text(EXAM.replace("120", "-120").replace("mode: axial", "mode: axail"))
    (tmp_path / "there.h5").write_text("somebody's notes")
    (tmp_path / "there.png").write_text("somebody's picture")
    with h5py.File(tmp_path / "foreign.h5", "w") as file:
        file["a"] = 1
    with h5py.File(tmp_path / "earlier.h5", "w") as file:
        file.attrs["format"] = "ctdose-result"
    return tmp_path


WRONG = {
    "run": {
        "": "ctdose run: ",
        "missing.yaml": "missing.yaml: (no such file). Check the path.",
        ".": ".: (a folder, not a file). Give the YAML file itself.",
        "chst": "exam=chst (neither a file nor a shipped exam). Nearest: chest, chest-5y, chest-1y.",
        "CHEST": "exam=CHEST (neither a file nor a shipped exam). Nearest: chest, ",
        "earlier.h5": "earlier.h5: (an HDF5 file, not YAML). What ctdose run wrote is shown by ctdose show.",
        "mine.yaml extra": "ctdose run: ",
        "mine.yaml --hist 3": "ctdose run: ",
        "mine.yaml --histories": "ctdose: ",
        "mine.yaml --histories abc": "histories=abc (not a number). For example 10_000_000, 1e7 or 10M.",
        "mine.yaml --histories 0": "histories=0 (outside 1 to 1e+12). For example 10_000_000, 1e7 or 10M.",
        "mine.yaml --histories 1.5": "histories=1.5 (not a whole number). For example 10_000_000, 1e7 or 10M.",
        "mine.yaml --threads 0": "threads=0 (outside 1 to 1024). Leave it out to use all processors.",
        "mine.yaml --threads two": "threads=two (not a number). Leave it out to use all processors.",
        "mine.yaml --seed -1": "seed=-1 (outside 0 to ",
        "mine.yaml --device tpu": "device=tpu (unknown). Write cpu or cuda.",
        "mine.yaml -o there.h5": "output=there.h5 (exists). Add --overwrite, or name another file with -o.",
        "mine.yaml -o earlier.h5": "output=earlier.h5 (exists). Add --overwrite, or name another file with -o.",
        "mine.yaml -o there.h5 --overwrite": "output=there.h5 (exists and is not a ctdose result, so",
        "mine.yaml -o foreign.h5 --overwrite": "output=foreign.h5 (exists and is not a ctdose result, so",
        "mine.yaml -o mine.yaml --overwrite": "output=mine.yaml (exists and is not a ctdose result, so",
        "mine.yaml -o .": "output=. (a folder). Name a file in it.",
        "mine.yaml -o no/where.h5": "output=no/where.h5 (no folder no). Make it first.",
        "mine.yaml -o bad.yaml/x.h5": "output=bad.yaml/x.h5 (bad.yaml is a file). Name a folder that exists.",
        "mine.yaml --plot x.bmp": "x.bmp (not the name of a picture). End it in one of ",
        "mine.yaml --plot no/x.png": "plot=no/x.png (no folder no). Make it first.",
        "mine.yaml --plot there.png": "plot=there.png (exists). Add --overwrite, or name another file.",
        "mine.yaml --plot x.png --no-dose-map": "--plot (there is nothing to draw with --no-dose-map). Leave one",
    },
    "check": {
        "": "ctdose check: ",
        "missing.yaml": "missing.yaml: (no such file). Check the path.",
        ".": ".: (a folder, not a file). Give the YAML file itself.",
        "foreign.h5": "foreign.h5: (an HDF5 file, not YAML). What ctdose run wrote is shown by ctdose show.",
        "mine.yaml mine.yaml --plot x.png": "plot=x.png (with 2 exams). Check one exam to draw it.",
        "mine.yaml --plot there.png": "plot=there.png (exists). Add --overwrite, or name another file.",
        "mine.yaml --plot /proc/x.png": "plot=/proc/x.png (its folder cannot be written: No such file or directory). "
        "Name a file in another folder.",
    },
    "show": {
        "": "ctdose show: ",
        "missing.h5": "missing.h5 (no such file). Check the path.",
        ".": ". (a folder, not a file). Give a file that ctdose run wrote.",
        "there.h5": "there.h5 (not an HDF5 file). Give a file that ctdose run wrote.",
        "foreign.h5": "foreign.h5: format=None (not a ctdose result). Give a file that ctdose run wrote.",
        "earlier.h5": "earlier.h5: format_version=None",
        "earlier.h5 --json --csv": "--json (with --csv: two forms at once). Give one of them.",
        "earlier.h5 --profile liver --all": "--profile (with --all, which does not go with it). Give one of them.",
        "earlier.h5 --records no/r.md": "records=no/r.md (no folder no). Make it first.",
    },
    "diff": {
        "": "ctdose diff: ",
        "earlier.h5": "ctdose diff: ",
        "missing.h5 foreign.h5": "missing.h5 (no such file). Check the path.",
        "foreign.h5 missing.h5": "foreign.h5: format=None (not a ctdose result). Give a file that ctdose run wrote.",
        ". .": ". (a folder, not a file). Give a file that ctdose run wrote.",
    },
    "phantom show": {
        "": "ctdose phantom show: ",
        "adlt": "phantom='adlt' (neither a phantom of the library nor a file). Nearest: adult",
        "missing.h5": "missing.h5: no such file. Check the path.",
        ".": "phantom='.' (neither a phantom of the library nor a file). Known: adult",
        "there.h5": "there.h5: not an HDF5 file",
        "foreign.h5": "foreign.h5: an HDF5 file, but no phantom",
        "water-cylinder --voxel-mm x": "voxel_mm=x (not a number). For example 2.5.",
        "water-cylinder --voxel-mm 0": "voxel_mm=0 (outside 0.1 to 50). For example 2.5.",
        "ctdi-16 --voxel-mm 3": "voxel_mm=3 (outside 0.1 to 1). Use 1.0 or 0.5.",
        "water-cylinder --plot there.png": "plot=there.png (exists). Add --overwrite, or name another file.",
        "water-cylinder --plot new.txt": "new.txt (not the name of a picture). End it in one of png",
        "ctdi-16 --exam mine.yaml --plot new.png": "exam=mine.yaml (an exam of water-cylinder, not of ctdi-16).",
        "water-cylinder --exam there.png --plot new.png": "there.png",
        "water-cylinder --exam chst --plot new.png": "exam=chst (neither a file nor a shipped exam). Nearest: chest,",
        "water-cylinder --exam missing.yaml": "missing.yaml: (no such file). Check the path.",
        "water-cylinder --at 0,0,151 --plot new.png": "at=0,0,151 (z=151 is outside water-cylinder). "
        "z reaches from -150 to 150 mm.",
        "water-cylinder --at 0,-151,0 --plot new.png": "at=0,-151,0 (y=-151 is outside water-cylinder).",
        "water-cylinder --at 0,0 --plot new.png": "at=0,0 (not three numbers). For example 0,-20,450",
        "water-cylinder --at 0,0,x --plot new.png": "at=x (not a number). For example 0,-20,450",
        "water-cylinder --at 0,0,0": "at=0,0,0 (without --plot). Add --plot FILE to draw the sections.",
    },
    "scanner show": {
        "": "ctdose scanner show: ",
        "generic": "scanner=generic (neither a scanner of the library nor a file). Nearest: generic-64, "
        "generic-16, generic-128.",
        "generic-64 --plot picture.bmp": "picture.bmp (not the name of a picture). End it in one of png",
        "missing.yaml": "missing.yaml: (no such file). Check the path.",
        ".": ".: (a folder, not a file). Give the YAML file itself.",
    },
    "exam show": {
        "": "ctdose exam show: ",
        "chst": "exam=chst (not a shipped exam). Nearest: chest, chest-5y, chest-1y.",
        "mine.yaml": "exam=mine.yaml (not a shipped exam). Known: abdomen-pelvis, abdomen-pelvis-10y,",
    },
    "exam keys": {
        "--schema --markdown": "--markdown (with --schema: two forms at once). Give one of them.",
        "chest": "ctdose exam keys: ",
    },
    "validate": {
        "7": "case='7' (unknown)",
        "1 --scale 0": "scale=0 (outside 1e-06 to 100). 1 takes the histories of the published table.",
        "1 --scale x": "scale=x (not a number)",
        "1 --seed x": "seed=x (not a number)",
        "5 --volume missing.gz": "volume=missing.gz (cannot be read",
        "5 --volume there.h5": "volume=there.h5 (does not hold",
    },
    "": {
        "rum": "ctdose: ",
        "--what": "ctdose: ",
        "phantom lst": "ctdose phantom: ",
    },
}
CASES = [(command, rest, line) for command, lines in WRONG.items() for rest, line in lines.items()]


@pytest.mark.parametrize(("command", "rest", "line"), CASES, ids=[f"{c} {r}".strip() for c, r, _ in CASES])
def test_one_line_and_exit_code_2(command, rest, line, folder, capsys):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    code = main([*command.split(), *rest.split()])
    shown = capsys.readouterr()
    assert code == 2
    assert shown.out == ""
    assert len(shown.err.splitlines()) == 1
    assert shown.err.startswith(line)
    if line.startswith("ctdose"):  # how the line is worded is the parsing library's; where to look is ours
        assert shown.err.endswith(f" See {line.rstrip(': ')} --help.\n")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


TOO_LONG = [
    *(
        "run mine.yaml -o LONG.h5",
        "run mine.yaml --plot LONG.png",
        "run mine.yaml --batches 0:1 -o LONG.part",
    ),
    *("run LONG.yaml", "check LONG.yaml", "check mine.yaml --plot LONG.png"),
    *("merge earlier.h5 -o LONG.h5", "merge earlier.h5 -o LONG.part", "merge LONG.part -o new.h5"),
    *(
        "show LONG.h5",
        "show earlier.h5 --records LONG.md",
        "diff LONG.h5 earlier.h5",
        "what-if LONG.h5 --modulation none",
    ),
    *("export earlier.h5 -o LONG.csv", "export LONG.h5 -o new.csv"),
    *("report earlier.h5 -o LONG.html", "report LONG.h5", "report LONG.h5 -o new.html"),
    *("batch LONG", "batch . --reuse LONG", "compare LONG.yaml", "compare chest-voltage -o LONG.h5"),
    *(
        "compare chest-voltage --csv LONG.csv",
        "scanner show LONG.yaml",
        "scanner show generic-64 --plot LONG.png",
    ),
    *("scanner calibrate LONG.yaml", "scanner calibrate mine.yaml -o LONG.yaml", "phantom show LONG.h5"),
    *("phantom import raw mine.yaml -o LONG.h5", "phantom import raw LONG.yaml -o new.h5"),
]


@pytest.mark.parametrize("letters", [300, 5000, 247])
@pytest.mark.parametrize("words", TOO_LONG)
def test_a_name_that_is_too_long(words, letters, folder, capsys):
    """247 letters and their end are a name; not with what a lock or a checkpoint adds."""
    before = {path.name for path in folder.iterdir()}
    assert main(words.replace("LONG", "x" * letters).split()) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    if letters > 255:
        assert "too long" in shown.err or "no such" in shown.err or "neither" in shown.err
    assert len(shown.err) < letters + 300
    assert {path.name for path in folder.iterdir()} == before


@pytest.mark.parametrize("words", ["batch . -o", "compare chest-voltage --plot"])
def test_the_name_of_a_folder_that_is_too_long(words, folder, capsys):
    before = {path.name for path in folder.iterdir()}
    assert main([*words.split(), "x" * 300]) == 2
    assert "too long" in capsys.readouterr().err.splitlines()[-1]
    assert {path.name for path in folder.iterdir()} == before


@pytest.mark.parametrize("command", ["run", "check"])
def test_an_empty_name_is_not_the_current_folder(command, capsys):
    assert main([command, ""]) == 2
    assert capsys.readouterr().err == "exam='' (empty). Give an exam's file, or a name of ctdose exam list.\n"


def test_all_faults_of_all_files_are_shown(capsys):
    assert main(["check", "bad.yaml", "mine.yaml", "missing.yaml"]) == 2
    shown = capsys.readouterr()
    lines = shown.err.splitlines()
    assert [line.split(":")[0] for line in lines] == ["bad.yaml", "bad.yaml", "missing.yaml"]
    assert "mode=axail" in lines[0]
    assert "tube_voltage_kv=-120" in lines[1]
    assert "exam: Water cylinder" in shown.out  # the right one is shown all the same


def test_faults_of_an_exam_stop_a_run(folder, capsys):
    assert main(["run", "bad.yaml"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 2
    assert not (folder / "bad.h5").exists()


def test_scanner_without_output_is_a_fault_of_the_exam(folder, capsys):
    main(["scanner", "show", "generic-64"])
    text = capsys.readouterr().out
    (folder / "bare.yaml").write_text(text[: text.index("\noutput:")])
    (folder / "mine.yaml").write_text(EXAM.replace("generic-64", "bare.yaml"))
    assert main(["check", "mine.yaml"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "states no output for bowtie body in the 32 cm phantom" in shown.err


def test_default_output_that_exists_is_refused_before_anything_is_simulated(folder, capsys):
    (folder / "mine.h5").write_text("an earlier result")
    assert main(["run", "mine.yaml"]) == 2
    assert capsys.readouterr().err.startswith("output=mine.h5 (exists).")


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is a folder in which nobody can write")
def test_unwritable_folder_is_found_before_anything_is_simulated(capsys):
    assert main(["run", "mine.yaml", "-o", "/proc/mine.h5"]) == 2
    assert capsys.readouterr().err.startswith("output=/proc/mine.h5 (its folder cannot be written")


def test_missing_matplotlib_names_the_extra(monkeypatch, capsys):
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "matplotlib" else find(name)
    )
    assert main(["check", "mine.yaml", "--plot", "x.png"]) == 2
    assert 'pip install "ctdose[plot]"' in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [["--debug", "run", "chst"], ["run", "--debug", "chst"], ["run", "chst", "--debug"]]
)
def test_debug_shows_the_traceback_wherever_it_stands(words, capsys):
    assert main(words) == 2
    error = capsys.readouterr().err
    assert error.startswith("Traceback")
    assert error.splitlines()[-1].startswith("exam=chst (")


def test_unexpected_exception_is_one_line(monkeypatch, capsys):
    assert main(["run", "mine.yaml"]) == 1  # the stand-in for the simulation raises an AssertionError
    error = capsys.readouterr().err
    assert "Traceback" not in error
    assert error.splitlines()[-1] == (
        f"Internal error: AssertionError: {NO_SIMULATION} (a fault of ctdose). Run it again with --debug."
    )


def test_control_characters_do_not_reach_the_terminal(capsys):
    assert main(["run", "a\x1b[31mb"]) == 2
    error = capsys.readouterr().err
    assert "\x1b" not in error
    assert len(error.splitlines()) == 1
