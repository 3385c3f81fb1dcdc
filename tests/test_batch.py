"""Batches: each exam its result, wrong ones reported and passed over, equal ones simulated once, a table of all."""

import csv
import importlib.util
import re
import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import ctdose
from ctdose.batch.listing import list_batch
from ctdose.batch.wide_table import columns_of, wide_csv
from ctdose.cli.main import main
from ctdose.errors import CtdoseError

spec = importlib.util.spec_from_file_location("broken_runs", Path(__file__).with_name("broken_runs.py"))
broken = importlib.util.module_from_spec(spec)
spec.loader.exec_module(broken)
EXAM = broken.EXAM.replace("500_000", "100_000")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    broken.calibrate_by_number(monkeypatch)
    (tmp_path / "mine.yaml").write_text(EXAM)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def batch(*words: str) -> int:
    return main(["batch", *words, "--threads", "1"])


def write(folder, text: str, name: str = "m.csv") -> None:
    (folder / name).write_text(text)


def summary(folder) -> dict[str, dict[str, str]]:
    with (folder / "summary.csv").open(encoding="utf-8", newline="") as file:
        return {row["name"]: row for row in csv.DictReader(file)}


ROWS = """\
name,tube_current_ma,middle.scan_range,subject.key,exam
a,100,,P-1,
b,,"[-20, 20]",,Short
c,9999,,,
d,100,,P-2,Another title
e,,"[9000, 9100]",,
"""


def test_rows_become_results_and_wrong_ones_do_not_stop_the_others(folder, capsys):
    write(folder, ROWS)
    assert batch("m.csv", "--template", "mine.yaml", "-o", "out") == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("m.csv:4: tube_current_ma=9999 (must be at most 5000).")
    assert any(line.startswith("m.csv:6: scan_range=[9000, 9100] (outside the phantom).") for line in lines)
    assert lines[-1] == "5 exams: 2 simulated, 1 equal to another, 0 there already, 2 failed."
    rows = summary(folder / "out")
    assert {name: row["status"] for name, row in rows.items()} == {
        "a": "simulated",
        "b": "simulated",
        "c": "failed",
        "d": "copied",
        "e": "failed",
    }
    assert rows["c"]["fault"].startswith("m.csv:4: tube_current_ma=9999")
    for name in "abd":
        result = ctdose.load_result(folder / "out" / rows[name]["file"])
        water = result.organs["water"]
        assert float(rows[name]["water_mgy"]) == water.absorbed_dose_mgy
        assert float(rows[name]["water_standard_error_mgy"]) == water.standard_error_mgy
        assert float(rows[name]["water_systematic_error_mgy"]) == water.systematic_error_mgy
        assert float(rows[name]["acquisition_1_ctdi_vol_mgy"]) == result.acquisitions[0].ctdi_vol_mgy
        share = float(rows[name]["acquisition_1_dlp_systematic_error_mgy_cm"]) / result.dlp_mgy_cm[32]
        assert share == pytest.approx(0.18)  # the scanner's output; no CTDI_vol is stated
        assert float(rows[name]["dlp_32cm_mgy_cm"]) == result.dlp_mgy_cm[32]
        assert rows[name]["exam_sha256"] == result.exam_sha256
    assert rows["d"]["water_mgy"] == rows["a"]["water_mgy"]
    assert rows["d"]["exam"] == "Another title"
    assert "P-2" in ctdose.load_result(folder / "out" / "d.h5").exam_yaml


def test_the_result_of_a_row_has_the_bits_of_a_run(folder):
    write(folder, "name,tube_current_ma,seed\na,100,7\n")
    assert batch("m.csv", "--template", "mine.yaml", "-o", "out") == 0
    found = ctdose.load_result("out/a.h5")
    versions = {name: text for name, text in found.versions.items() if name != "run_sha256"}
    exam = list_batch(Path("m.csv"), "mine.yaml")[0].exam
    broken.assert_same_bits(replace(found, versions=versions), ctdose.simulate(exam))
    assert found.seed == 7


def test_a_stated_ctdi_vol_errs_by_the_tolerance_of_the_display(folder):
    write(folder, "name,ctdi_vol_mgy,ctdi_phantom_cm\na,5,32\n")
    assert batch("m.csv", "--template", "mine.yaml", "-o", "out") == 0
    row = summary(folder / "out")["a"]
    assert float(row["acquisition_1_ctdi_vol_mgy"]) == pytest.approx(5.0)
    assert float(row["acquisition_1_ctdi_vol_systematic_error_mgy"]) == pytest.approx(5.0 * 0.2 / 3**0.5)
    share = float(row["acquisition_1_ssde_systematic_error_mgy"]) / float(row["acquisition_1_ssde_mgy"])
    assert share == pytest.approx(0.2 / 3**0.5)


def test_what_is_there_is_left_and_what_has_changed_is_not_replaced(folder, capsys):
    write(folder, "name,tube_current_ma\na,100\nb,150\n")
    assert batch("m.csv", "--template", "mine.yaml", "-o", "out") == 0
    before = {path.name: path.stat().st_mtime_ns for path in (folder / "out").glob("*.h5")}
    assert batch("m.csv", "--template", "mine.yaml", "-o", "out") == 0
    assert capsys.readouterr().err.endswith("0 simulated, 0 equal to another, 2 there already, 0 failed.\n")
    write(folder, "name,tube_current_ma\na,120\nb,150\n")
    assert batch("m.csv", "--template", "mine.yaml", "-o", "out") == 1
    assert "out/a.h5 (exists, and is not the result of this exam)." in capsys.readouterr().err
    assert before == {path.name: path.stat().st_mtime_ns for path in (folder / "out").glob("*.h5")}
    assert batch("m.csv", "--template", "mine.yaml", "-o", "out", "--overwrite") == 0
    assert capsys.readouterr().err.endswith("1 simulated, 0 equal to another, 1 there already, 0 failed.\n")
    assert batch("m.csv", "--template", "mine.yaml", "-o", "out", "--no-cache", "--overwrite") == 0
    assert capsys.readouterr().err.endswith("2 simulated, 0 equal to another, 0 there already, 0 failed.\n")


def test_a_damaged_result_is_not_one(folder, capsys):
    write(folder, "name,exam\na,One\nb,Two\n")
    assert batch("m.csv", "--template", "mine.yaml", "-o", "out") == 0
    path = folder / "out" / "a.h5"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    assert batch("m.csv", "--template", "mine.yaml", "-o", "out", "--overwrite") == 0
    assert capsys.readouterr().err.endswith("0 simulated, 1 equal to another, 1 there already, 0 failed.\n")
    assert ctdose.load_result(path).exam == "One"


def test_a_folder_of_exams(folder, capsys):
    (folder / "exams").mkdir()
    (folder / "exams" / "one.yaml").write_text(EXAM)
    (folder / "exams" / "two.yml").write_text(
        EXAM.replace("Water", "Wrong").replace("bowtie: body", "bowtie: bow")
    )
    (folder / "exams" / "notes.txt").write_text("nothing")
    assert batch("exams") == 1
    error = capsys.readouterr().err
    assert "exams/two.yml:5: bowtie=bow (" in error
    assert error.endswith("2 exams: 1 simulated, 0 equal to another, 0 there already, 1 failed.\n")
    assert sorted(path.name for path in (folder / "exams-results").iterdir()) == ["one.h5", "summary.csv"]


def test_yaml_and_csv_say_the_same(folder):
    write(
        folder,
        'name,template,tube_current_ma,middle.scan_range,voxel_mm\na,mine.yaml,100,,\nb,mine.yaml,,"[-20, 20]",10\n',
    )
    manifest = """\
    template: mine.yaml
    exams:
      - {name: a, tube_current_ma: 100}
      - name: b
        middle.scan_range: [-20, 20]
        simulation: {voxel_mm: 10}
    """
    write(folder, "".join(line[4:] + "\n" for line in manifest.splitlines()), "m.yaml")
    one, other = list_batch(folder / "m.csv"), list_batch(folder / "m.yaml")
    assert [item.name for item in one] == [item.name for item in other] == ["a", "b"]
    for first, second in zip(one, other):
        assert first.exam.model_dump() == second.exam.model_dump()


@pytest.mark.parametrize("separator", [";", "\t"])
def test_spreadsheets_separate_cells_in_their_own_ways(folder, separator):
    text = separator.join(("\ufeffname", "tube_current_ma")) + "\r\n" + separator.join(("a", "100")) + "\r\n"
    write(folder, text)
    (item,) = list_batch(folder / "m.csv", "mine.yaml")
    assert (item.name, item.exam.acquisitions[0].tube_current_ma) == ("a", 100.0)


def test_the_examples_of_the_documentation_are_right(folder, root):
    text = (root / "docs" / "batch.md").read_text(encoding="utf-8")
    write(folder, re.search(r"```\n(name,.*?)```", text, re.DOTALL)[1])
    write(folder, re.search(r"```yaml\n(.*?)```", text, re.DOTALL)[1], "m.yaml")
    for items in (list_batch(folder / "m.csv", "chest"), list_batch(folder / "m.yaml")):
        assert [(item.name, item.fault) for item in items] == [("p-001", ""), ("p-002", "")]
        assert items[0].exam.subject.key == "P-001"
        assert items[1].exam.acquisitions[0].scan_range == (-150.0, 180.0)


def test_an_output_replaces_that_of_the_template_and_people_are_made_to_measure(folder):
    write(
        folder,
        "name,ctdi_vol_mgy,ctdi_phantom_cm,phantom.like,phantom.height_cm\na,5.5,32,adult-female,160\n",
    )
    exam = list_batch(folder / "m.csv", "mine.yaml")[0].exam
    assert exam.acquisitions[0].ctdi_vol_mgy == 5.5
    assert exam.acquisitions[0].tube_current_ma is None
    assert exam.phantom_source == {"like": "adult-female", "height_cm": 160.0}


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "m.csv (has no rows)."),
        ("name\n", "m.csv (has no rows)."),
        (
            "name,tube_voltage\na,120\n",
            "m.csv:1: tube_voltage (not a key of an exam). Nearest: tube_voltage_kv",
        ),
        ("name,head.pitch\na,1\n", "m.csv:1: head.pitch (not a key of an exam)."),
        ("name,name\na,b\n", "m.csv:1: name (a column twice)."),
        ("name,scan_range\na,-40, 40\n", "m.csv:2: (3 cells under 2 columns). Quote a cell"),
        ('name,scan_range\na,"[-40, 40"\n', "m.csv:2: scan_range=[-40, 40 (brackets that do not match)."),
        ('name,exam\na,"x\n', "m.csv:2: (not CSV: unexpected end of data)."),
    ],
)
def test_a_wrong_manifest_is_one_line(folder, capsys, text, error):
    write(folder, text)
    assert batch("m.csv", "--template", "mine.yaml", "-o", "out") == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(error)
    assert not (folder / "out").exists()


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["", "-o", "out"], "source='' (empty). Give a folder of exams, or a manifest."),
        ([".", "-o", ""], "output='' (empty). Name a folder with -o, or leave it out."),
        (["no", "-o", "out"], "no (no such folder or file). Give a folder of exams, or a manifest."),
    ],
)
def test_an_empty_name_is_not_the_current_folder(folder, capsys, words, line):
    before = sorted(folder.iterdir())
    assert batch(*words) == 2
    assert capsys.readouterr().err == f"{line}\n"
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("name\n../a\n", "m.csv:2: name=../a (not a file's name)."),
        ("name\n.hidden\n", "m.csv:2: name=.hidden (not a file's name)."),
        (
            "name,template\na,chst\n",
            "m.csv:2: template=chst (neither a file nor a shipped exam). Nearest: chest,",
        ),
        ("name,template\na,.\n", "m.csv:2: template=. (neither a file nor a shipped exam). Known: "),
        ("name,histories\na,many\n", "m.csv:2: histories=many ("),
        ("name\na\nA\n", "m.csv:3: name=A (that of another exam before it). Give each a name of its own."),
    ],
)
def test_a_wrong_row_is_one_line(folder, text, error):
    write(folder, text)
    assert list_batch(Path("m.csv"), "mine.yaml")[-1].fault.startswith(error)


def test_lines_of_a_yaml_manifest_are_named(folder):
    write(folder, "template: mine.yaml\nexams:\n  - name: a\n  - name: b\n    bowtie: bow\n", "m.yaml")
    assert list_batch(folder / "m.yaml")[1].fault.startswith(f"{folder / 'm.yaml'}:5: bowtie=bow (")
    write(folder, "exams:\n  - name: a\n", "m.yaml")
    assert "m.yaml:2: template (missing)." in list_batch(folder / "m.yaml")[0].fault
    write(folder, "template: mine.yaml\nexam: []\n", "m.yaml")
    with pytest.raises(CtdoseError, match="a manifest has a list exams"):
        list_batch(folder / "m.yaml")
    with pytest.raises(CtdoseError, match=r"mine\.yaml.*an exam, and no manifest.*ctdose run takes it"):
        list_batch(folder / "mine.yaml")


def test_a_template_that_is_not_there_is_said_once(folder, capsys):
    write(folder, "name\na\nb\n")
    assert batch("m.csv", "--template", "chst", "-o", "out") == 2
    assert capsys.readouterr().err.startswith(
        "template=chst (neither a file nor a shipped exam). Nearest: chest,"
    )
    assert not (folder / "out").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_batch_that_is_stopped_goes_on(folder, capsys, monkeypatch):
    from ctdose.cli import progress

    write(folder, "name,tube_current_ma,histories\na,100,\nb,150,2e6\n")
    report = progress.ProgressReport.__call__

    def stop(self, stage, done, wanted):
        if wanted > 2 and done >= 2:
            signal.raise_signal(signal.SIGTERM)
        report(self, stage, done, wanted)

    with monkeypatch.context() as patch:
        patch.setattr(progress.ProgressReport, "__call__", stop)
        assert batch("m.csv", "--template", "mine.yaml", "-o", "out") == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[-2] == "Stopped by SIGTERM: the same command goes on."
    assert lines[-1].endswith("1 simulated, 0 equal to another, 0 there already, 0 failed, 1 not done.")
    assert (folder / "out" / "b.h5.part").exists()
    assert not (folder / "out" / "b.h5").exists()
    assert batch("m.csv", "--template", "mine.yaml", "-o", "out", "--histories", "7e4") == 1
    assert "Ask for more. Else: Delete it, or name the exam otherwise." in capsys.readouterr().err
    assert batch("m.csv", "--template", "mine.yaml", "-o", "out") == 0
    assert not (folder / "out" / "b.h5.part").exists()
    whole = ctdose.simulate(list_batch(Path("m.csv"), "mine.yaml")[1].exam)
    found = ctdose.load_result("out/b.h5")
    versions = {name: text for name, text in found.versions.items() if name != "run_sha256"}
    broken.assert_same_bits(replace(found, versions=versions), whole)


def test_a_summary_that_cannot_be_written_does_not_stop_the_exams(folder, capsys):
    """It may be open in another program, which locks it."""
    write(folder, "name,tube_current_ma\na,100\nb,100\n")
    summary_place = folder / "out" / "summary.csv"
    summary_place.mkdir(parents=True)
    assert batch("m.csv", "--template", "mine.yaml", "-o", "out", "--histories", "7e4") == 2
    said = capsys.readouterr().err
    assert said.count("The exams go on.") == 1
    assert said.splitlines()[-1].endswith("The results are there: the same command writes it again.")
    assert {path.name for path in (folder / "out").glob("*.h5")} == {"a.h5", "b.h5"}
    summary_place.rmdir()
    assert batch("m.csv", "--template", "mine.yaml", "-o", "out", "--histories", "7e4") == 0
    assert {row["status"] for row in summary(folder / "out").values()} == {"there already"}


def test_two_batches_do_not_write_one_folder(folder, capsys):
    from filelock import FileLock

    write(folder, "name\na\n")
    (folder / "out").mkdir()
    with FileLock(folder / "out" / ".summary.lock"):
        assert batch("m.csv", "--template", "mine.yaml", "-o", "out") == 2
    assert "(another ctdose is writing it)" in capsys.readouterr().err


def test_formulas_are_texts_in_csv_and_stay_in_parquet(folder):
    parquet = pytest.importorskip("pyarrow.parquet")
    write(folder, 'name,exam\na,"=HYPERLINK(""x"")"\nb,@sum\n')
    assert batch("m.csv", "--template", "mine.yaml", "-o", "out", "--parquet") == 0
    rows = summary(folder / "out")
    assert rows["a"]["exam"] == '\'=HYPERLINK("x")'
    assert rows["b"]["exam"] == "'@sum"
    table = parquet.read_table(folder / "out" / "summary.parquet").to_pydict()
    assert table["exam"] == ['=HYPERLINK("x")', "@sum"]
    assert table["histories"] == [131072, 131072]
    assert [float(rows[name]["water_mgy"]) for name in "ab"] == table["water_mgy"]


def test_columns_of_all_rows_stand_in_their_order():
    rows = [
        {"name": "a", "z": 1.0},
        {"name": "b", "x": 2, "y": None, "z": float("nan")},
        {"name": "=c", "-q": 1},
    ]
    assert columns_of(rows) == ["name", "-q", "x", "y", "z"]
    assert wide_csv(rows).decode().splitlines() == ["name,'-q,x,y,z", "a,,,,1.0", "b,,2,,", "'=c,1,,,"]


def test_equal_exams_of_another_batch_are_copied(folder, capsys):
    write(folder, "name,exam,tube_current_ma\na,First,100\nb,Second,120\n")
    assert batch("m.csv", "--template", "mine.yaml", "-o", "one") == 0
    write(folder, "name,exam,tube_current_ma\nx,Third,120\n")
    before = sorted((path.name, path.stat().st_mtime_ns) for path in (folder / "one").iterdir())
    capsys.readouterr()
    assert batch("m.csv", "--template", "mine.yaml", "-o", "two", "--reuse", "one") == 0
    assert capsys.readouterr().err.endswith("0 simulated, 1 equal to another, 0 there already, 0 failed.\n")
    copy, source = (ctdose.load_result(name) for name in ("two/x.h5", "one/b.h5"))
    assert copy.exam == "Third"  # its own title; the other's doses
    water, same = (each.organs["water"] for each in (copy, source))
    assert water.absorbed_dose_mgy == same.absorbed_dose_mgy > 0.0
    assert before == sorted((path.name, path.stat().st_mtime_ns) for path in (folder / "one").iterdir())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--reuse", "nowhere"], "reuse=nowhere (no such folder)."),
        (["--reuse", ".", "--no-cache"], "exclude"),
    ],
)
def test_a_wrong_folder_to_copy_from(folder, capsys, words, said):
    write(folder, "name\na\n")
    assert batch("m.csv", "--template", "mine.yaml", "-o", "out", *words) == 2
    assert said in capsys.readouterr().err
    assert not (folder / "out").exists()
