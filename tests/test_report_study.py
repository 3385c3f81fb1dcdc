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
from ctdose.study.result import CRITERIA, EFFECTIVE, AtCriterion, MemberResult, StudyResult
from ctdose.study.study_file import load_study_result, save_study

RANDOM = np.random.default_rng(11)
NAMES = ("120 kV", "80 kV", "<b>tin</b>")
QUANTITIES = (EFFECTIVE, "lungs", "liver")
MEAN = np.array([[4.0, 9.0, 6.0], [1.2, 2.5, 1.6], [2.0, 4.4, 3.1]])
FACTORS = (
    dict.fromkeys(CRITERIA, 1.0),
    dict(zip(CRITERIA, (1.0, 1.0, 3.5, 4.1, 1.7))),
    dict(zip(CRITERIA, (1.0, 0.5, math.nan, 1.6, 2.2))),
)


def member(number: int) -> MemberResult:
    at = {
        name: AtCriterion(
            factor, 150.0 * factor, 300.0 * factor, "needs <i>615</i> mA" if factor == 4.1 else ""
        )
        for name, factor in FACTORS[number].items()
    }
    return MemberResult(
        name=NAMES[number], group=0, tube_voltage_kv=(120.0, 80.0, 120.0)[number], bowtie="body",
        filter=("", "", "tin-0.6")[number], collimation_mm=40.0, pitch=1.0, tube_current_ma=150.0, total_mas=300.0,
        ctdi_vol_mgy=5.0, dlp_mgy_cm=150.0, ctdi_phantom_cm=32, noise_hu=(7.0, 14.0, 9.0)[number],
        electronic_noise_hu=0.5, contrast_hu=20.0, at=at, calibration_error=0.001, exam_sha256="0" * 64,
    )  # fmt: skip


@pytest.fixture(scope="module")
def study() -> StudyResult:
    batches = MEAN[:, None, :] * (1.0 + 0.02 * RANDOM.standard_normal((1, 16, 3)))
    return StudyResult(
        title="Voltage & tin", members=tuple(map(member, range(3))), bodies=("adult-male",), quantities=QUANTITIES,
        dose=batches.mean(axis=1), standard_error=batches.std(axis=1, ddof=1) / 4.0,
        batch_doses={"adult-male": batches}, region="centre", detail="iodine", acquisition="chest", noise_notes=(),
        histories=1_000_000, seed=3, study_yaml="study: x\n", base_yaml="exam: y\n", created_utc="2026-01-02T03:04:05",
        versions={"ctdose_version": "0.1.0"}, seconds=1.0,
    )  # fmt: skip


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


def test_loading_gives_the_same_page(study, folder):
    assert report_html(load_study_result(folder / "study.h5")) == report_html(study)
