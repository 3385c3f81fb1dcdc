"""`ctdose report`: the page says what the file says, loads nothing, and runs nothing that a file brings."""

import base64
import dataclasses
import hashlib
import json
import re
import zlib
from html.parser import HTMLParser
from pathlib import Path

import h5py
import numpy as np
import pytest
import yaml

from ctdose.cli.main import main
from ctdose.dosimetry.systematic_parts import SystematicParts
from ctdose.report.citation import AUTHORS, TITLE, bibtex, citation
from ctdose.report.page import report_html, short
from ctdose.report.tissue_shares import tissue_shares
from ctdose.results.result_file import load_result

KEPT_FILE = Path(__file__).parent / "data" / "result_1_0.h5"
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&{{ 7*7 }}"
LOADING = {"src", "href", "xlink:href", "srcset", "poster", "action", "data", "background"}


class Page(HTMLParser):
    """Elements in their order, with the text of each up to the next tag."""

    def __init__(self, text: str):
        super().__init__()
        self.elements: list[tuple[str, dict]] = []
        self.texts: list[str] = []
        self.inside = False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.texts.append("")
        self.inside = True

    def handle_endtag(self, tag):
        self.inside = False

    def handle_data(self, data):
        if self.inside:
            self.texts[-1] += data

    def all(self, tag: str, **wanted) -> list[tuple[dict, str]]:
        return [
            (own, text)
            for (name, own), text in zip(self.elements, self.texts)
            if name == tag
            and all(own.get(key.rstrip("_").replace("_", "-")) == v for key, v in wanted.items())
        ]


@pytest.fixture(scope="module")
def result():
    return load_result(KEPT_FILE)


@pytest.fixture(scope="module")
def html(result):
    return report_html(result)


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


def with_parts(result):
    """The result with a systematic part of every dose, as later files have it."""
    parts = SystematicParts(output=0.18, range_lower=float("nan"))

    def scaled(organ):
        own = dataclasses.replace(parts, output=0.18 * organ.absorbed_dose_mgy)
        return dataclasses.replace(organ, systematic=own, systematic_error_mgy=own.combined)

    bodies = {}
    for name, body in result.bodies.items():
        dose = dataclasses.replace(
            body.dose,
            organs={k: scaled(o) for k, o in body.dose.organs.items()},
            tissues={k: scaled(o) for k, o in body.dose.tissues.items()},
            weighted_systematic={
                k: SystematicParts(output=0.18 * v) for k, (v, _) in body.dose.weighted_msv.items()
            },
        )
        bodies[name] = dataclasses.replace(body, dose=dose)
    return dataclasses.replace(result, bodies=bodies)


def test_leading_numbers_are_those_of_the_file(page):
    shown = {own["data-figure"]: text for own, text in page.all("span", class_="value")}
    with h5py.File(KEPT_FILE) as file:
        e = file["effective_dose"].attrs
        acquisition = file["acquisitions/0"].attrs
        value, error = (float(part) for part in shown["Effective dose"].split(" ± "))
        digits = len(shown["Effective dose"].split(" ± ")[1].split(".")[1])
        assert value == pytest.approx(e["icrp103_msv"], abs=0.5 * 10**-digits)
        assert error == pytest.approx(e["icrp103_standard_error_msv"], abs=0.5 * 10**-digits)
        assert float(shown["CTDI_vol"]) == pytest.approx(acquisition["ctdi_vol_mgy"], rel=1e-3)
        assert float(shown["DLP"]) == pytest.approx(acquisition["dlp_mgy_cm"], rel=1e-3)


def test_every_organ_dose_is_the_mean_of_the_file(page):
    rows = [own for own, _ in page.all("tr") if "data-organ" in own]
    assert len(rows) > 25
    doses = [float(own["data-dose"]) for own in rows]
    assert doses == sorted(doses, reverse=True)
    with h5py.File(KEPT_FILE) as file:
        tables = [file[f"bodies/{name}/organs"][:] for name in file["bodies"]]
    for own in rows:
        having = [t[t["name"] == own["data-organ"].encode()] for t in tables]
        values = [float(t["absorbed_dose_mgy"][0]) for t in having if t.size]
        errors = [float(t["standard_error_mgy"][0]) for t in having if t.size]
        assert float(own["data-dose"]) == pytest.approx(np.mean(values), rel=1e-12)
        assert float(own["data-error"]) == pytest.approx(np.hypot.reduce(errors) / len(errors), rel=1e-12)


def test_doses_of_each_body_are_those_of_the_file(html):
    part = html[html.index('<table class="plain bodies">') :]
    part = part[: part.index("</table>")]
    row = re.search(
        r'<th scope="row">lungs</th><td class="number">([^<]*)</td><td class="number">([^<]*)</td>', part
    )
    testes = re.search(
        r'<th scope="row">testes</th><td class="number">([^<]*)</td><td class="number">([^<]*)</td>', part
    )
    with h5py.File(KEPT_FILE) as file:
        bodies = sorted(file["bodies"].values(), key=lambda each: each.attrs["number"])
        for body, text in zip(bodies, row.groups(), strict=True):
            table = body["organs"][:]
            dose = float(table[table["name"] == b"lungs"]["absorbed_dose_mgy"][0])
            assert float(text.split(" ± ")[0]) == pytest.approx(dose, rel=5e-3)
        assert (testes.group(2) == "–") == (b"testes" not in bodies[1]["organs"]["name"])


def test_bars_are_as_long_as_their_doses(page):
    rows = [own for own, _ in page.all("tr") if "data-organ" in own]
    bars = [own for own, _ in page.all("rect", y="5", height="10")]
    lengths = [float(own["width"].rstrip("%")) for own in bars[: len(rows)]]
    ratios = [length / float(own["data-dose"]) for length, own in zip(lengths, rows) if length > 1.0]
    assert ratios == pytest.approx([ratios[0]] * len(ratios), rel=2e-3)
    assert lengths[0] > 50.0


def test_embedded_doses_are_those_of_the_file_and_lie_where_they_lie_there(html):
    """Blocks of one voxel here: each code is a voxel of the file, found by its place in mm."""
    scripts = re.findall(
        r'<script type="application/json" class="dose-volume"[^>]*>(.*?)</script>', html, re.S
    )
    with h5py.File(KEPT_FILE) as file:
        bodies = sorted(file["bodies"].values(), key=lambda each: each.attrs["number"])
        assert len(scripts) == len(bodies)
        for text, body in zip(scripts, bodies):
            data = json.loads(text)
            codes = np.frombuffer(zlib.decompress(base64.b64decode(data["codes"])), np.uint8)
            labels = np.frombuffer(zlib.decompress(base64.b64decode(data["labels"])), f"<u{data['bytes']}")
            labels = labels.reshape(data["shape"])
            assert data["dose_shape"] == data["shape"]
            shown = data["top"] * (codes.reshape(data["shape"]) / 255.0) ** 2
            first = [body[axis][0] for axis in "xyz"]
            corner = [round((o - f) / s) for o, f, s in zip(data["origin"], first, data["spacing"])]
            nz, ny, nx = data["shape"]
            part = np.s_[corner[2] : corner[2] + nz, corner[1] : corner[1] + ny, corner[0] : corner[0] + nx]
            dose, organ = body["dose/absorbed_dose_mgy"][part], body["phantom/organ_index"][part]
            solid = np.array(data["solid"], bool)[labels]
            assert solid.mean() > 0.2
            # Half a step of the code at its square root.
            within = np.abs(np.sqrt(shown) - np.sqrt(dose)) <= 0.51 / 255.0 * np.sqrt(data["top"])
            assert within[solid].all()
            names = {int(i): n.decode().replace("_", " ") for i, n in body["organs"]["organ_id", "name"]}
            there = np.array(data["names"])[labels]
            assert all(there[organ == i][0] == n for i, n in names.items() if i >= 0 and (organ == i).any())


def test_shares_add_up_to_effective_dose(result):
    shares = tissue_shares(result)
    assert sum(each.contribution_msv for each in shares) == pytest.approx(
        result.effective_dose.icrp103_msv, rel=1e-5
    )
    assert sum(each.share for each in shares) == pytest.approx(1.0)


def test_nothing_is_loaded(html, page):
    assert len(html.encode()) < 5_000_000
    for tag, own in page.elements:
        assert tag not in {"link", "iframe", "object", "embed", "base", "audio", "video"}
        for name in LOADING & set(own):
            assert own[name].startswith(("data:image/png;base64,", "#")), (tag, own[name][:60])
        assert not {key for key in own if key.startswith("on") or key == "style"}
    (style,) = [text for _, text in page.all("style")]
    assert "url(" not in style
    assert "@import" not in style


def test_the_policy_forbids_the_network_and_allows_this_style_and_script_only(page):
    (policy,) = [own["content"] for own, _ in page.all("meta", http_equiv="Content-Security-Policy")]
    rules = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data:"
    assert set(rules) == {"default-src", "script-src", "style-src", "img-src", "base-uri", "form-action"}
    for tag, rule in (("style", "style-src"), ("script", "script-src")):
        (text,) = [t for own, t in page.all(tag) if own.get("type") != "application/json"]
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"


def test_pictures_have_words(page):
    for own, _ in page.all("svg"):
        assert own.get("aria-hidden") == "true" or own.get("aria-label")
    for own, _ in page.all("input"):
        assert own["type"] == "checkbox" or page.all("label", for_=own["id"])
    assert page.elements[0] == ("html", {"lang": "en"})
    ids = [own["id"] for _, own in page.elements if "id" in own]
    assert len(ids) == len(set(ids))


def hostile(result):
    """The result with markup in every text that a file brings."""
    bodies = {}
    for name, body in result.bodies.items():
        organs = {n: dataclasses.replace(o, note=HOSTILE) for n, o in body.dose.organs.items()}
        organs |= {HOSTILE: dataclasses.replace(organs["brain"], name=HOSTILE)}
        dose = dataclasses.replace(body.dose, name=name + HOSTILE, organs=organs)
        grid = dataclasses.replace(body.grid, phantom_sha256=HOSTILE)
        bodies[name + HOSTILE] = dataclasses.replace(body, name=name + HOSTILE, dose=dose, grid=grid)
    acquisitions = tuple(
        dataclasses.replace(
            each,
            name=HOSTILE,
            bowtie=HOSTILE,
            mode=HOSTILE,
            calibration_id=HOSTILE,
            on_body={name + HOSTILE: on_body for name, on_body in each.on_body.items()},
        )
        for each in result.acquisitions
    )
    exam = yaml.safe_dump({"scanner": HOSTILE, "procedure": HOSTILE, "acquisitions": [HOSTILE]})
    return dataclasses.replace(
        result, exam=HOSTILE, bodies=bodies, acquisitions=acquisitions, exam_yaml=exam, scanner_yaml=HOSTILE,
        exam_sha256=HOSTILE, created_utc=HOSTILE, versions={HOSTILE: HOSTILE},
    )  # fmt: skip


def test_markup_in_a_file_is_text_on_the_page(result, page):
    odd = Page(report_html(hostile(result)))
    assert [text for _, text in odd.all("h1")] == [HOSTILE]
    assert not odd.all("img")
    assert {tag for tag, _ in odd.elements} <= {tag for tag, _ in page.elements}
    assert len(odd.all("script")) == len(page.all("script"))
    assert all(not key.startswith("on") for _, own in odd.elements for key in own)
    assert "49" not in odd.all("h1")[0][1]


def test_without_a_dose_map_the_page_says_so(result):
    bodies = {name: dataclasses.replace(body, map=None) for name, body in result.bodies.items()}
    text = report_html(dataclasses.replace(result, bodies=bodies))
    assert "holds no dose map" in text
    assert not Page(text).all("canvas")
    assert Page(text).all("tr", data_organ="lungs")


def test_an_incomplete_result_is_called_so(result, html):
    assert "Incomplete:" not in html
    assert "Incomplete:" in report_html(dataclasses.replace(result, complete=False))
    name = "adult-male"  # stopped before the second body
    text = report_html(
        dataclasses.replace(result, complete=False, bodies={name: result.bodies[name]}, effective_dose=None)
    )
    assert "No effective dose: the run was stopped before all bodies were simulated" in text


def test_ranges_lie_where_the_file_says(page):
    """Levels below the upper edge of the picture, which is half a voxel above the highest one shown."""
    pictures = [own for own, _ in page.all("svg", class_="lines")]
    levels = [float(own["y1"]) for own, _ in page.all("line", class_="planned") if own["x1"] == "0"]
    with h5py.File(KEPT_FILE) as file:
        body = next(each for each in file["bodies"].values() if each.attrs["number"] == 0)
        spacing, highest = body["phantom"].attrs["spacing_mm"][2], body["z"][-1]
        on_body = file["acquisitions/0/bodies"][body.attrs["name"]].attrs
        height = float(pictures[0]["viewbox"].split()[3])
        beam = on_body["beam_edges_end_mm"] + 160.0
        top = min(highest, body["z"][:][body["z"][:] <= beam][-1]) + spacing / 2.0
        assert levels[:2] == pytest.approx(
            [top - on_body["planned_start_mm"], top - on_body["planned_end_mm"]], abs=1e-3
        )
    assert 0.0 < levels[1] < levels[0] < height


def test_without_effective_dose_it_says_why(result):
    bodies = {name: dataclasses.replace(body, reference_person=False) for name, body in result.bodies.items()}
    text = report_html(dataclasses.replace(result, bodies=bodies, effective_dose=None))
    assert "No effective dose: it is defined for the reference persons only" in text
    assert 'id="shares"' not in text


def test_the_budget_is_that_of_the_doses(result):
    text = report_html(with_parts(result))
    (row,) = re.findall(r'<tr role="row" class="output">.*?</tr>', text, re.S)
    assert "18</td>" in row
    (unknown,) = re.findall(r'<tr role="row" class="range_lower">.*?</tr>', text, re.S)
    assert "does not apply" in unknown
    assert "tens of per cent" in text
    assert "from before the uncertainty was split" in report_html(result)


def test_the_citation_is_that_of_the_project(root):
    stated = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
    assert stated["title"] == TITLE
    assert [author["name"] for author in stated["authors"]] == [AUTHORS]
    assert citation("") == f"{AUTHORS}. {TITLE}, version {stated['version']}."
    assert "version = {1.2.3}" in bibtex("1.2.3")


@pytest.mark.parametrize(
    ("value", "text"), [(905.2, "905.2"), (14789.0, "14789"), (0.0981, "0.0981"), (99999.7, "100000")]
)
def test_numbers_are_written_without_powers_of_ten(value, text):
    assert short(value) == text


def test_command_writes_replaces_and_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["report", str(KEPT_FILE)]) == 0
    assert "Wrote result_1_0.html (" in capsys.readouterr().err
    before = Path("result_1_0.html").read_bytes()
    assert before.startswith(b"<!DOCTYPE html>")
    assert main(["report", str(KEPT_FILE)]) == 2
    assert "(exists). Add --overwrite" in capsys.readouterr().err
    assert main(["report", str(KEPT_FILE), "--overwrite"]) == 0
    assert Path("result_1_0.html").read_bytes() == before


def damaged(tmp_path):
    data = bytearray(KEPT_FILE.read_bytes())
    data[len(data) // 2] ^= 0xFF
    (tmp_path / "bad.h5").write_bytes(data)
    return "bad.h5"


def other_format(tmp_path):
    from ctdose.results.hdf5_image import tree_bytes
    from ctdose.results.hdf5_tree import Tree

    tree = Tree()
    tree.group("/", {"format": "ctdose-phantom"})
    (tmp_path / "phantom.h5").write_bytes(tree_bytes(tree))
    return "phantom.h5"


def written(name: str, text: str = "Dear diary"):
    def write(tmp_path):
        (tmp_path / name).write_text(text)
        return name

    return write


@pytest.mark.parametrize(
    ("make", "words", "said"),
    [
        (lambda _: "none.h5", [], "none.h5 (no such file)"),
        (written("notes.h5"), [], "notes.h5 (not an HDF5 file). Give a file that ctdose run wrote"),
        (damaged, [], "bad.h5 (damaged or cut short"),
        (other_format, [], "format='ctdose-phantom' (a phantom, not a ctdose result). ctdose phantom show"),
        (lambda _: str(KEPT_FILE), ["-o", "page.pdf"], "page.pdf (not the name of a page). End it in .html"),
        (lambda _: str(KEPT_FILE), ["-o", "none/page.html"], "no folder none"),
        (lambda _: str(KEPT_FILE), ["-o", "."], "(not the name of a page)"),
    ],
    ids=["missing", "no HDF5", "damaged", "another format", "ending", "folder", "is a folder"],
)
def test_wrong_input_is_one_line_and_writes_nothing(tmp_path, monkeypatch, capsys, make, words, said):
    monkeypatch.chdir(tmp_path)
    name = make(tmp_path)
    before = sorted(tmp_path.iterdir())
    assert main(["report", name, *words]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert sorted(tmp_path.iterdir()) == before


def test_another_page_is_never_replaced(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("home.html").write_text("<h1>mine</h1>")
    assert main(["report", str(KEPT_FILE), "-o", "home.html", "--overwrite"]) == 2
    assert "not a ctdose report, so it is not overwritten" in capsys.readouterr().err
    assert Path("home.html").read_text() == "<h1>mine</h1>"
