"""The RECORDS checklist of a result says what the result says, and nothing that could act on its reader."""

from dataclasses import replace

import pytest

import ctdose
from ctdose.cli.main import main
from ctdose.results.records import records_markdown
from ctdose.results.records_items import WORDING, escape, load_records, records_table


@pytest.fixture(scope="module")
def file(root):
    return root / "tests" / "data" / "result_1_0.h5"


@pytest.fixture(scope="module")
def result(file):
    return ctdose.load_result(file)


def cells(text):
    """The cells of the checklist by item; signs of Markdown as they were written."""
    rows = [line[2:-2].split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return {row[1].removesuffix(" \\*"): row for row in rows if len(row) == 4}


def test_every_item_has_a_row_and_is_marked_unless_it_was_read(result):
    text = records_markdown(result)
    found = cells(text)
    for each in load_records()[1]:
        assert each.wording in WORDING
        assert found[each.item][:3] == [
            each.section,
            each.item + ("" if each.wording == "summary" else " \\*"),
            each.engine,
        ]


def test_the_numbers_are_those_of_the_result(result):
    found = cells(records_markdown(result))
    assert f"{result.histories:,} histories" in found["Histories, random numbers"][3]
    assert f"seed {result.seed}" in found["Histories, random numbers"][3]
    assert result.versions["ctdose_version"] in found["Code, version, date"][3]
    assert result.versions["kernel_sha256"][:16] in found["Code, version, date"][3]
    for body in result.bodies.values():
        assert body.grid.phantom_sha256[:16] in found["Geometry of the simulation"][3]
    assert "120 kV" in found["Radiation source"][3]
    assert "7.520 ± 0.062 mSv" in found["Results with their uncertainties"][3]
    assert f"{result.effective_dose.icrp103_msv:.3f}" == "7.520"


def test_organ_doses_stand_with_both_errors(result):
    lungs = result.organs["lungs"]
    [row] = [line for line in records_markdown(result).splitlines() if line.startswith("| lungs ")]
    dose, statistical, systematic = (cell.strip() for cell in row.split("|")[2:5])
    assert float(dose.split(" ± ")[0]) == pytest.approx(lungs.absorbed_dose_mgy, abs=0.5e-3)
    assert float(statistical) == pytest.approx(100 * lungs.relative_standard_error, rel=0.05)
    assert float(systematic) == pytest.approx(
        100 * lungs.systematic_error_mgy / lungs.absorbed_dose_mgy, rel=0.05
    )


def test_a_stopped_run_says_so(result):
    assert "stopped" not in records_markdown(result)
    assert "stopped" in records_markdown(replace(result, complete=False))


def test_names_of_other_people_do_nothing(result):
    text = records_markdown(replace(result, exam="<script>alert(1)</script>|[x](http://y)\n# z"))
    assert "<script" not in text
    assert "\n# z" not in text
    assert "\x1b" not in records_markdown(replace(result, exam="\x1b[31mred\u202e"))
    assert escape("a|b [c](d) `e`\n<f>") == "a\\|b \\[c\\](d) \\`e\\` &lt;f&gt;"


def test_the_subject_stays_out(result):
    exam = result.exam_yaml + "\nsubject: {key: P-12345, age_y: 61}\n"
    assert "12345" not in records_markdown(replace(result, exam_yaml=exam))


def test_a_broken_exam_in_a_result_is_one_line(result):
    with pytest.raises(ctdose.CtdoseError):
        records_markdown(replace(result, exam_yaml="a: [1"))


def test_the_documents_table_is_the_commands(root):
    text = (root / "docs" / "records.md").read_text(encoding="utf-8")
    shown = text.split("<!-- table: tools/make_records.py -->\n")[1].split("<!-- end of table -->")[0]
    assert shown == records_table(), "run python tools/make_records.py"


def test_the_command_writes_it_once(file, result, tmp_path, capsys):
    target = tmp_path / "records.md"
    words = ["show", str(file), "--records", str(target)]
    assert main(words) == 0
    assert capsys.readouterr().out == ""
    assert target.read_text(encoding="utf-8") == records_markdown(result)
    target.write_text("mine")
    assert main(words) == 2
    assert "exists" in capsys.readouterr().err
    assert target.read_text() == "mine"
    assert main([*words, "--overwrite"]) == 0
    assert target.read_text(encoding="utf-8") == records_markdown(result)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--records", "records.txt"], "not a Markdown file"),
        (["--records", "nowhere/records.md"], "no folder nowhere"),
        (["--records", "records.md", "--json"], "--records (with --json"),
        (["--records", "records.md", "--profile", "lungs"], "--records (with --profile"),
        (["--overwrite"], "nothing is written"),
    ],
)
def test_wrong_options_are_one_line_and_write_nothing(file, tmp_path, monkeypatch, capsys, words, told):
    monkeypatch.chdir(tmp_path)
    assert main(["show", str(file), *words]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert told in line
    assert not list(tmp_path.iterdir())
