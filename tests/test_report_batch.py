"""The page of a batch: its numbers are those of the result files, and nothing in a table leads elsewhere."""

import dataclasses
import os
from html.parser import HTMLParser
from pathlib import Path

import h5py
import numpy as np
import pytest

import ctdose
from ctdose.batch.summary import failed_row, summary_row
from ctdose.batch.wide_table import wide_csv
from ctdose.cli import report_batch
from ctdose.cli.main import main
from ctdose.dosimetry.effective_dose import EffectiveDose
from ctdose.report.batch_chart import HEIGHT, LEFT, TOP, WIDTH, batch_chart
from ctdose.report.batch_organs import organ_ranges
from ctdose.report.batch_page import Batch
from ctdose.report.batch_summary import read_summary
from ctdose.report.page import report_html
from made_results import make_result

NAMES = ("p-1", "<b>p</b> 2", "=p3", "p-4")
EVIL = ("../out", "a/b", "javascript:alert(1)", "..")


class Links(HTMLParser):
    """Targets of links, doses by exam, and elements that load something."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.doses: dict[str, float] = {}
        self.loading: list[str] = []
        self._name = ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        own = dict(attributes)
        if tag == "a":
            self.targets.append(own["href"])
        if "data-name" in own:
            self._name = own["data-name"]
        if "data-dose" in own:
            self.doses[self._name] = float(own["data-dose"])
        if tag in ("script", "link", "img", "iframe") or "src" in own:
            self.loading.append(tag)


def exam_result(number: int):
    """Exams of different dose; the second of one sex, the third with the small CTDI phantom."""
    result = make_result()
    doses = {"p-1": EffectiveDose(3.1, 0.1, 3.0, 0.2, None, None, 0.4), NAMES[2]: EffectiveDose(0.7, 0.02)}
    one = EffectiveDose(weighted_dose_of_one_sex_msv=2.2, weighted_dose_of_one_sex_standard_error_msv=0.05)
    scan = dataclasses.replace(
        result.acquisitions[0],
        ctdi_phantom_cm=16 if number == 2 else 32,
        on_body={
            name: dataclasses.replace(each, dlp_mgy_cm=100.0 * (number + 1))
            for name, each in result.acquisitions[0].on_body.items()
        },
    )
    return dataclasses.replace(
        result,
        exam=f"Exam <i>{number}</i>",
        acquisitions=(scan,),
        effective_dose=doses.get(NAMES[number], one),
    )


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A batch of three results and a failure, as `ctdose batch` leaves it."""
    monkeypatch.chdir(tmp_path)
    place = tmp_path / "patients"
    place.mkdir()
    exam, rows = ctdose.load_exam("chest"), []
    for number, name in enumerate(NAMES[:3]):
        result = exam_result(number)
        file = f"{name.replace('/', '')}.h5"
        if "/" not in name:
            result.save(place / file)
        rows.append(summary_row(name, "simulated", file, result, exam))
    rows.append(failed_row(NAMES[3], "failed", "m.csv:5: pitch=0 <script>"))
    (place / "summary.csv").write_bytes(wide_csv(rows))
    return place


def page_of(*words: str) -> Links:
    assert main(["report", "patients", "--overwrite", *words]) == 0
    return Links(Path("patients.html").read_text("utf-8"))


@pytest.mark.usefixtures("folder")
def test_doses_are_those_of_the_files():
    doses = page_of().doses
    assert list(doses) == list(NAMES[:3])
    with h5py.File("patients/p-1.h5") as file:
        assert doses["p-1"] == file["effective_dose"].attrs["icrp103_msv"]
    with h5py.File("patients/=p3.h5") as file:
        assert doses["=p3"] == file["effective_dose"].attrs["icrp103_msv"]
    assert doses[NAMES[1]] == 2.2  # of one sex, and marked
    html = Path("patients.html").read_text("utf-8")
    assert html.count("†") == 2  # the row, and what it means
    assert "<script" not in html
    assert "m.csv:5: pitch=0 &lt;script&gt;" in html
    assert "Exam &lt;i&gt;1&lt;/i&gt;" in html


@pytest.mark.usefixtures("folder")
def test_nothing_is_loaded_and_links_stay_in_the_page_without_pages_of_exams():
    page = page_of()
    assert page.loading == []
    assert all(target.startswith("#") for target in page.targets)
    assert {"#exam-1", "#exam-2", "#exam-3"} <= set(page.targets)


@pytest.mark.usefixtures("folder")
def test_each_exam_gets_its_page_and_a_link():
    page = page_of("--each")
    assert "./patients/p-1.html" in page.targets
    assert "./patients/%3Dp3.html" in page.targets
    assert "3.1" in Path("patients/p-1.html").read_text("utf-8")
    inside = main(["report", "patients", "-o", "patients/all.html"])
    assert inside == 0
    assert "./p-1.html" in Links(Path("patients/all.html").read_text("utf-8")).targets


def test_a_page_elsewhere_tells_no_path(folder, tmp_path):
    assert page_of("--each").targets
    away = tmp_path / "away"
    away.mkdir()
    assert main(["report", "patients", "-o", str(away / "b.html")]) == 0
    html = (away / "b.html").read_text("utf-8")
    assert all(target.startswith("#") for target in Links(html).targets)
    assert os.path.basename(tmp_path) not in html


@pytest.mark.parametrize("name", EVIL)
def test_a_name_in_an_edited_table_leads_nowhere_else(folder, name):
    text = (folder / "summary.csv").read_text("utf-8").replace("p-1", name)
    (folder / "summary.csv").write_text(text, "utf-8")
    for place in ("out.html", "patients/x.html"):
        Path(place).write_text("secret")
    page = page_of("--each")
    assert all(target.startswith(("#", "./patients/")) for target in page.targets)
    assert not any(".." in target for target in page.targets)
    assert Path("out.html").read_text() == "secret"


def test_points_lie_where_dlp_and_dose_are(folder):
    rows = read_summary(folder)
    chart = batch_chart(rows)
    assert [point.number for point in chart.points] == [1, 2, 3]
    assert [point.whole for point in chart.points] == [True, False, True]
    assert [point.phantom_cm for point in chart.points] == [32, 32, 16]
    for axis, place, low, size in (("dlp", "x", LEFT, WIDTH), ("dose", "y", TOP + HEIGHT, -HEIGHT)):
        values = np.log([getattr(point, axis).value for point in chart.points])
        places = np.array([getattr(point, place) for point in chart.points])
        slope, start = np.polyfit(values, places, 1)
        assert np.allclose(places, slope * values + start, atol=0.02)
        assert (np.abs(places - low) <= abs(size)).all()
        assert np.sign(slope) == np.sign(size)
    first = chart.points[0]
    assert first.whisker[0] > first.y > first.whisker[1]
    assert first.band[0] > first.whisker[0]  # 0.4 mSv against 0.1


def test_an_exam_with_both_phantoms_has_no_point(folder):
    rows = read_summary(folder)
    both = dataclasses.replace(rows[0], dlp={16: rows[0].dlp[32], 32: rows[0].dlp[32]})
    chart = batch_chart([both, *rows[1:]])
    assert [point.number for point in chart.points] == [2, 3]
    assert chart.left_out == 1
    assert batch_chart(rows[:1]) is None


def test_organs_go_from_the_lowest_to_the_highest(folder):
    rows = read_summary(folder)
    doubled = {name: dataclasses.replace(each, value=2 * each.value) for name, each in rows[1].organs.items()}
    ranges, axis = organ_ranges([rows[0], dataclasses.replace(rows[1], organs=doubled)])
    lungs = next(each for each in ranges if each.name == "lungs")
    assert (lungs.lowest, lungs.highest) == (10.2, 20.4)
    assert (lungs.of_lowest, lungs.of_highest) == (NAMES[0], NAMES[1])
    assert lungs.middle == pytest.approx(15.3)
    assert lungs.low + lungs.length == pytest.approx(axis.percent(20.4))
    assert not any(each.name.startswith(("left", "right")) for each in ranges)


WRONG = [
    (lambda place: (place / "summary.csv").unlink(), "patients (no summary.csv in it)."),
    (lambda place: (place / "summary.csv").write_text("a,b\n1,2\n"), "(no column name: no summary of a batch)."),
    (lambda place: (place / "summary.csv").write_text("name,status\n"), "(no exam in it)."),
    (lambda place: (place / "summary.csv").write_bytes(b"name,status\n\xff,x\n"), "(not UTF-8)."),
    (
        lambda place: (place / "summary.csv").write_text("name,status,histories\na,simulated,many\n"),
        "summary.csv:2: histories=many (not a number).",
    ),
    (lambda place: (place / "p-1.h5").write_bytes(b"damaged"), "patients/p-1.h5 ("),
]  # fmt: skip


@pytest.mark.parametrize(("harm", "said"), WRONG)
def test_wrong_input_is_one_line_and_writes_nothing(folder, capsys, harm, said):
    harm(folder)
    assert main(["report", "patients", "--each"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert said in lines[0]
    assert not Path("patients.html").exists()
    assert not list(folder.glob("*.html"))


@pytest.mark.usefixtures("folder")
def test_the_summary_stands_for_its_folder(capsys):
    assert main(["report", "patients/summary.csv"]) == 0
    assert capsys.readouterr().err.startswith("Wrote patients.html")


def test_each_belongs_to_batches(folder, capsys):
    assert main(["report", "patients/p-1.h5", "--each"]) == 2
    assert "--each (patients/p-1.h5 is not the folder of a batch)" in capsys.readouterr().err


def test_another_page_is_never_replaced(folder, capsys):
    (folder / "p-1.html").write_text("my notes")
    assert main(["report", "patients", "--each", "--overwrite"]) == 2
    assert "is not a ctdose report" in capsys.readouterr().err
    assert (folder / "p-1.html").read_text() == "my notes"
    assert not Path("patients.html").exists()


@pytest.mark.parametrize("name", ["", ".", "..", "../a", "a/b", "a\\b", "C:x", "a\0b"])
def test_a_name_of_the_table_does_not_lead_out_of_the_folder(name):
    assert not report_batch._is_plain(name)
    assert report_batch._is_plain("chest: 2.a")


def test_bodies_keep_the_blanks_in_their_names(tmp_path):
    result = exam_result(0)
    first, *others = result.bodies.values()
    renamed = {"my phantom": first} | {body.name: body for body in others}
    row = summary_row(
        "a", "simulated", "a.h5", dataclasses.replace(result, bodies=renamed), ctdose.load_exam("chest")
    )
    (tmp_path / "summary.csv").write_bytes(wide_csv([row]))
    (found,) = read_summary(tmp_path)
    assert found.bodies == ", ".join(renamed)
    assert f"<td>{found.bodies}</td>" in report_html(Batch("batch", [found]))
