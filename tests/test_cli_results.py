"""`run`, `show` and `diff` on a water cylinder, from the exam's file to the tables."""

import csv
import json

import pytest
import yaml

from ctdose.cli.main import main
from water_runs import EXAM, calibrate_by_number

HISTORIES = 65536


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder in which `ctdose run mine.yaml` was called, the calibration replaced by about its result."""
    folder = tmp_path_factory.mktemp("results")
    (folder / "mine.yaml").write_text(EXAM)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        calibrate_by_number(patch)
        for name, seed in (("mine", "1"), ("again", "1"), ("other", "2")):
            words = ["run", "mine.yaml", "-o", f"{name}.h5", "--histories", "64k", "--seed", seed]
            assert main([*words, "--threads", "1"]) == 0
    return folder


@pytest.fixture
def here(folder, monkeypatch):
    monkeypatch.chdir(folder)
    calibrate_by_number(monkeypatch)
    return folder


def table(text: str) -> list[dict[str, str]]:
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines, delimiter="\t"))


def test_run_prints_the_table_and_writes_the_file(here, capsys):
    """The default file has the exam's name; the table goes to standard output, notices to standard error."""
    assert main(["run", "mine.yaml", "--histories", "64k", "--seed", "1", "--overwrite"]) == 0
    shown = capsys.readouterr()
    assert "Wrote mine.h5." in shown.err
    assert "water-cylinder …" in shown.err
    [row] = table(shown.out)
    assert row["organ"] == "water"
    # About CTDI_vol in 8 of its 30 cm; more, because a chamber of 100 mm misses a part of the scatter.
    assert 8 / 30 < float(row["dose_per_ctdi_vol"]) < 2 * 8 / 30
    assert 0 < float(row["standard_error_mgy"]) < 0.01 * float(row["absorbed_dose_mgy"])
    assert "CTDI_vol 7.8 mGy" in shown.out


def test_the_dose_indices_of_each_acquisition(here, capsys):
    # Water of 30 cm: f = 3.704369 exp(-0.03671937 * 30) = 1.231, CTDI_vol 7.8 mGy: 9.60 mGy.
    assert main(["show", "mine.h5", "--acquisitions"]) == 0
    [row] = table(capsys.readouterr().out)
    assert (row["acquisition"], row["body"], row["ctdi_phantom_cm"]) == ("middle", "water-cylinder", "32")
    assert float(row["water_equivalent_diameter_cm"]) == pytest.approx(30.0, rel=0.01)
    assert float(row["ssde_mgy"]) == pytest.approx(9.60, rel=0.01)
    assert main(["show", "mine.h5", "--acquisitions", "--csv"]) == 0
    [again] = csv.DictReader(capsys.readouterr().out.splitlines())
    assert again == row
    assert main(["show", "mine.h5", "--json"]) == 0
    [acquisition] = json.loads(capsys.readouterr().out)["acquisitions"]
    assert acquisition["ssde_mgy"] == float(row["ssde_mgy"])
    assert acquisition["bodies"]["water-cylinder"]["ssde_note"] == row["ssde_note"]
    assert main(["show", "mine.h5"]) == 0
    line = f"water-equivalent diameter {float(row['water_equivalent_diameter_cm']):.1f} cm, "
    line = (
        f"# middle on water-cylinder: {line}SSDE {float(row['ssde_mgy']):.3g} mGy (factor of AAPM Report 204)"
    )
    assert line in capsys.readouterr().out.splitlines()
    assert main(["check", "mine.yaml"]) == 0
    assert line in capsys.readouterr().out.splitlines()
    assert main(["show", "mine.h5", "--acquisitions", "--json"]) == 2
    assert "--acquisitions (with --json" in capsys.readouterr().err


def test_no_effective_dose_is_explained(here, capsys):
    assert main(["show", "mine.h5"]) == 0
    assert (
        "# No effective dose: it is defined for the reference persons only, and water-cylinder is none of them"
        in capsys.readouterr().out.splitlines()
    )


def test_command_line_changes_are_in_the_result(here):
    import ctdose.api

    result = ctdose.api.load_result("other.h5")
    assert result.histories == HISTORIES
    assert result.seed == 2
    assert result.complete
    lines = [line.split() for line in result.exam_yaml.splitlines() if "command line" in line]
    assert [line[0] for line in lines] == ["histories:", "seed:"]


def test_no_dose_map_leaves_it_out(here):
    import h5py

    assert main(["run", "mine.yaml", "-o", "bare.h5", "--histories", "1", "--no-dose-map"]) == 0
    with h5py.File("bare.h5") as bare, h5py.File("mine.h5") as whole:
        assert "dose" in whole["bodies/water-cylinder"]
        assert "dose" not in bare["bodies/water-cylinder"]


def test_show_gives_the_same_table_again(here, capsys):
    assert main(["show", "mine.h5"]) == 0
    first = capsys.readouterr().out
    assert main(["show", "mine.h5", "--all"]) == 0
    assert table(capsys.readouterr().out) == table(first)  # one body, one organ


def test_show_as_json_and_csv(here, capsys):
    assert main(["show", "mine.h5", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["histories"] == HISTORIES
    assert main(["show", "mine.h5", "--csv"]) == 0
    [row] = csv.DictReader(capsys.readouterr().out.splitlines())
    assert float(row["absorbed_dose_mgy"]) == data["organs"][0]["absorbed_dose_mgy"]


def test_table_on_a_terminal_is_rounded_with_notes_below(here, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert main(["show", "mine.h5"]) == 0
    text = capsys.readouterr().out
    assert "±" in text
    assert "\t" not in text
    assert "No effective dose:" in text


def test_diff_of_equal_seeds_is_identical(here, capsys):
    assert main(["diff", "mine.h5", "again.h5"]) == 0
    assert capsys.readouterr().out == "Identical in all bits.\n"


def test_diff_of_other_seeds_agrees_within_errors(here, capsys):
    assert main(["diff", "mine.h5", "other.h5"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("Agree within sigma:")
    assert "Different seeds: 1 and 2." in text


def test_diff_of_other_currents_disagrees(here, capsys):
    (here / "more.yaml").write_text(EXAM.replace("tube_current_ma: 200", "tube_current_ma: 300"))
    assert main(["run", "more.yaml", "--histories", "1"]) == 0
    capsys.readouterr()
    assert main(["diff", "mine.h5", "more.h5"]) == 1
    assert capsys.readouterr().out.startswith("Differ:")


def test_a_failing_disk_is_one_line_and_leaves_the_earlier_result(here, capsys, monkeypatch):
    import ctdose.results.result_file

    def full(*args, **keywords):
        raise OSError(28, "No space left on device", "mine.h5")

    before = (here / "mine.h5").read_bytes()
    monkeypatch.setattr(ctdose.results.result_file, "save_result", full)
    assert main(["run", "mine.yaml", "--histories", "1", "--overwrite"]) == 1
    assert capsys.readouterr().err.splitlines()[-1] == "mine.h5: No space left on device."
    assert (here / "mine.h5").read_bytes() == before


def test_check_prints_what_can_be_run_again(here, capsys):
    assert main(["check", "mine.yaml"]) == 0
    text = capsys.readouterr().out
    assert "voxel_mm: 10" in text
    assert "# default" in text
    assert (
        "# middle on water-cylinder: CTDI_vol 7.8 mGy, DLP 62.4 mGy·cm (32 cm phantom)" in text.splitlines()
    )
    assert "irradiated -41.2 to 41.2 mm" in text
    assert "# time: about" in text
    (here / "resolved.yaml").write_text(text, encoding="utf-8")
    assert main(["check", "resolved.yaml"]) == 0
    again = yaml.safe_load(capsys.readouterr().out)
    assert again == yaml.safe_load(text)


def test_dlp_of_16_and_32_cm_is_never_added(here, capsys):
    head = (
        EXAM[EXAM.index("  - name") : EXAM.index("simulation")]
        .replace("middle", "end")
        .replace("body", "head")
    )
    (here / "two.yaml").write_text(EXAM.replace("simulation:", head + "simulation:"))
    assert main(["check", "two.yaml"]) == 0
    [line] = [line for line in capsys.readouterr().out.splitlines() if line.startswith("# all acquisitions")]
    assert line.endswith("DLP 133.6 mGy·cm (16 cm phantom), 62.4 mGy·cm (32 cm phantom)")


def test_organs_that_few_histories_leave_uncertain_are_named(here):
    """The 0.5 % of the whole cylinder is fine; a tissue in range with 10 % is not."""
    from dataclasses import replace

    import ctdose.api
    from ctdose.cli.summary import imprecise_organs

    result = ctdose.api.load_result("mine.h5")
    assert imprecise_organs(result) == ""
    body = result.bodies["water-cylinder"]
    organ = replace(
        body.dose.organs["water"],
        icrp103_tissue="liver",
        standard_error_mgy=0.1 * body.dose.organs["water"].absorbed_dose_mgy,
        mass_in_range_fraction=0.9,
    )
    dose = replace(body.dose, organs={"water": organ})
    uncertain = replace(result, bodies={"water-cylinder": replace(body, dose=dose)})
    assert imprecise_organs(uncertain) == (
        "Few histories: the standard error exceeds 5% for water (10%). About 3e+05 histories would do."
    )


def test_pictures_of_dose_range_and_phantom(here, capsys):
    pytest.importorskip("matplotlib")
    run = ["run", "mine.yaml", "-o", "drawn.h5", "--histories", "1"]
    for words in (run, ["check", "mine.yaml"], ["phantom", "show", "water-cylinder", "--voxel-mm", "10"]):
        name = f"{words[0]}.png"
        assert main([*words, "--plot", name]) == 0
        assert capsys.readouterr().err.splitlines()[-1] == f"Wrote {name}."
        assert (here / name).read_bytes().startswith(b"\x89PNG")
