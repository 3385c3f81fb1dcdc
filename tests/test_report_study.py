"""The report of a study, read back from its file: ratios and doses are those of the study."""

import math
from dataclasses import replace
from html import unescape
from pathlib import Path

import h5py
import numpy as np
import pytest

from ctdose.cli.main import main
from ctdose.report.noise_chart import LINE_PX, noise_chart
from ctdose.report.page import report_html
from ctdose.study.result import EFFECTIVE, StudyResult
from ctdose.study.study_file import load_study_result, save_study
from made_studies import NAMES, QUANTITIES, make_study


@pytest.fixture(scope="module")
def study() -> StudyResult:
    return make_study()


@pytest.fixture(scope="module")
def folder(study, tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    save_study(study, folder / "study.h5")
    assert main(["report", str(folder / "study.h5"), "-o", str(folder / "study.html")]) == 0
    return folder


@pytest.fixture(scope="module")
def html(folder):
    return (folder / "study.html").read_text(encoding="utf-8")


def cells(html: str, heading: str, attribute: str) -> list[float]:
    """Numbers of an attribute, in the section that a heading begins."""
    part = html[html.index(heading) :]
    part = part[: part.index("</table>")]
    return [float(word.split('"')[0]) for word in part.split(f'{attribute}="')[1:]]


def test_ratios_of_effective_dose_are_those_of_the_file(folder, html):
    with h5py.File(folder / "study.h5") as file:
        rows = [
            r for r in file["doses"][:] if r["quantity"] == EFFECTIVE.encode() and np.isfinite(r["ratio"])
        ]
    shown = cells(html, 'id="ratios-title"', "data-ratio")
    assert len(shown) == 3 * 5 - 1
    assert shown == pytest.approx([float(row["ratio"]) for row in rows], rel=1e-12)


def test_doses_at_equal_noise_stand_organ_by_organ(folder, html):
    with h5py.File(folder / "study.h5") as file:
        every = file["doses"][:]
    rows = [r for name in QUANTITIES for r in every if r["quantity"].decode() == name]
    rows = [r for r in rows if r["criterion"] == b"equal_noise"]
    assert cells(html, "Doses at equal noise, organ", "data-dose") == pytest.approx(
        [float(r["dose"]) for r in rows]
    )
    assert cells(html, "Doses at equal noise, organ", "data-ratio") == pytest.approx(
        [float(r["ratio"]) for r in rows]
    )


def test_texts_of_the_file_are_escaped_and_no_script_is_there(html):
    assert "<b>tin</b>" not in html
    assert "&lt;b&gt;tin&lt;/b&gt;" in html
    assert "needs &lt;i&gt;615&lt;/i&gt; mA" in html
    assert "<script" not in html
    assert "script-src 'none'" in unescape(html)
    assert "Voltage &amp; tin" in html
    assert len(html) < 1_000_000


def test_notes_on_noise_stand_there(html):
    assert "Equal noise here is not equal noise in iterative or learned reconstruction." in html
    assert "to which the noise model adds 4 % for all alike" in html


def test_points_lie_where_noise_and_dose_are(study):
    chart = noise_chart(study)
    assert [dot.name for dot in chart.dots] == [NAMES[0], NAMES[2], NAMES[1]]
    x, y = ({dot.name: getattr(dot, way) for dot in chart.dots} for way in "xy")
    across = (x[NAMES[1]] - x[NAMES[0]]) / np.log(14.0 / 7.0)
    assert x[NAMES[2]] - x[NAMES[0]] == pytest.approx(across * np.log(9.0 / 7.0), abs=0.05)
    dose = study.dose[:, 0]
    up = (y[NAMES[1]] - y[NAMES[0]]) / np.log(dose[1] / dose[0])
    assert y[NAMES[2]] - y[NAMES[0]] == pytest.approx(up * np.log(dose[2] / dose[0]), abs=0.05)
    labels = [dot.label_y for dot in chart.dots]
    assert min(np.diff(labels)) >= LINE_PX - 0.02


def test_without_noise_it_compares_at_equal_ctdi(study):
    nan = {"factor": math.nan, "tube_current_ma": math.nan, "total_mas": math.nan}
    lost = ("equal_noise", "equal_cnr")
    members = tuple(
        replace(
            m,
            noise_hu=math.nan,
            at={name: replace(at, **nan) if name in lost else at for name, at in m.at.items()},
        )
        for m in study.members
    )
    html = report_html(replace(study, members=members, noise_notes=("the gantry is tilted",)))
    assert "Doses at equal CTDI<sub>vol</sub>, organ by organ" in html
    assert 'id="noise"' not in html
    assert "Image noise is not known: the gantry is tilted." in html


def test_a_damaged_study_is_one_line(folder, tmp_path, capsys):
    data = bytearray((folder / "study.h5").read_bytes())
    data[-40] ^= 0xFF
    bad = tmp_path / "bad.h5"
    bad.write_bytes(data)
    assert main(["report", str(bad), "-o", str(tmp_path / "x.html")]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert not Path(tmp_path / "x.html").exists()


@pytest.mark.parametrize(
    "words", ["diff STUDY STUDY", "export STUDY -o x.csv", "what-if STUDY --modulation none"]
)
def test_what_takes_no_study_says_what_does(folder, capsys, words):
    study = str(folder / "study.h5")
    assert main([study if word == "STUDY" else word for word in words.split()]) == 2
    line = f"{study}: format='ctdose-study' (a study, not a ctdose result). ctdose show and ctdose report take it."
    assert capsys.readouterr().err == f"{line}\n"


def test_loading_gives_the_same_page(study, folder):
    assert report_html(load_study_result(folder / "study.h5")) == report_html(study)
