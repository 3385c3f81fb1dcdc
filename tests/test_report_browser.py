"""The report in a real browser: Chromium, driven by Playwright. Skipped where either is missing."""

import base64
import io
import shutil
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from ctdose.report.batch_page import Batch
from ctdose.report.batch_summary import EFFECTIVE, BatchRow, Scan, Value
from ctdose.report.maps import dose_maps
from ctdose.report.page import report_html
from ctdose.report.still import Scale, section_picture
from ctdose.report.volume import volume_of
from ctdose.report.volume_reduce import shown_part
from ctdose.results.plots import MARGIN_MM, beam_mm
from ctdose.results.result_file import load_result

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
KEPT_FILE = Path(__file__).parent / "data" / "result_1_0.h5"
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
PIXELS = (
    """(canvas) => Array.from(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data)"""
)
STILL = """async (image) => {
  const copy = new Image();
  copy.src = image.getAttribute("href");
  await copy.decode();
  const canvas = document.createElement("canvas");
  canvas.width = copy.naturalWidth;
  canvas.height = copy.naturalHeight;
  canvas.getContext("2d").drawImage(copy, 0, 0);
  return Array.from(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data);
}"""


@pytest.fixture(scope="module")
def result():
    return load_result(KEPT_FILE)


@pytest.fixture(scope="module")
def opened(result, tmp_path_factory):
    """The page, and what the browser complained of or asked for."""
    folder = tmp_path_factory.mktemp("report")
    (folder / "report.html").write_text(report_html(result), encoding="utf-8")
    said: list[str] = []
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch_persistent_context(
            str(folder / "profile"),
            executable_path=CHROMIUM,
            args=FLAGS,
            viewport={"width": 1180, "height": 900},
        )
        page = browser.new_page()
        page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: said.append(request.url))
        page.goto((folder / "report.html").as_uri())
        page.wait_for_selector("body.alive")
        yield page, said
        browser.close()


@pytest.fixture
def page(opened):
    found, _ = opened
    found.set_viewport_size({"width": 1180, "height": 900})
    return found


def picture(page, part: str) -> np.ndarray:
    values = np.array(page.eval_on_selector(f"{part} canvas", PIXELS), np.int64).reshape(-1, 4)
    assert (values[:, 3] == 255).all()
    return values[:, :3]


def test_nothing_is_said_and_nothing_but_the_page_is_asked_for(opened):
    _, said = opened
    asked = [line for line in said if not line.startswith("data:")]
    assert len(asked) == 1
    assert asked[0].startswith("file:///")
    assert asked[0].endswith("/report.html")


def test_the_policy_stops_what_would_load(opened):
    """What a page of another hand would try: the browser refuses it."""
    page, said = opened
    before = len(said)
    blocked = page.evaluate(
        """async () => {
          const seen = [];
          addEventListener("securitypolicyviolation", (event) => seen.push(event.effectiveDirective));
          await fetch("https://example.org/x").catch(() => null);
          const image = new Image();
          image.src = "https://example.org/x.png";
          await image.decode().catch(() => null);
          await new Promise((done) => setTimeout(done, 200));
          return seen;
        }"""
    )
    assert {"connect-src", "img-src"} <= set(blocked)
    del said[before:]


@pytest.mark.parametrize("kind", ["coronal", "sagittal", "transverse"])
@pytest.mark.parametrize("body", [0, 1])
def test_the_script_draws_what_the_still_shows(page, kind, body):
    part = f'.body-map[data-body="{body}"] .pane[data-kind="{kind}"]'
    still = np.array(page.eval_on_selector(f"{part} .still image", STILL)).reshape(-1, 4)[:, :3]
    assert np.abs(picture(page, part) - still).max() <= 1
    assert np.ptp(still, axis=1).max() > 100


def test_sliders_move_by_keyboard_and_the_plane_is_that_of_the_file(page, result):
    """One step up by the arrow key, the end by End: place, words and pixels follow."""
    name = next(iter(result.bodies))
    low, high = beam_mm(result, result.bodies[name])
    volume = volume_of(
        result.bodies[name],
        shown_part(result.bodies[name].grid, (low - MARGIN_MM, high + MARGIN_MM)),
        0.0,
        5.0,
    )
    scale = Scale(dose_maps(result).scale.end_mgy)
    part = '.body-map[data-body="0"] .pane[data-kind="transverse"]'
    slider = page.locator(f"{part} input")
    before = int(slider.input_value())
    slider.focus()
    for key, index in (
        ("ArrowRight", before + 1),
        ("ArrowLeft", before),
        ("End", volume.labels.shape[0] - 1),
    ):
        page.keyboard.press(key)
        assert int(slider.input_value()) == index
        z = volume.origin_mm[2] + index * volume.spacing_mm[2]
        words = f"z = {round(z)} mm".replace("-", "\N{MINUS SIGN}")
        assert page.locator(f"{part} output").inner_text() == words
        assert slider.get_attribute("aria-valuetext") == words
        wanted = section_picture(volume, "transverse", index, scale).reshape(-1, 3)
        assert np.abs(picture(page, part) - wanted.astype(int)).max() <= 1
    slider.fill(str(before))


def test_pointing_at_a_picture_moves_the_other_planes_and_reads_the_dose_of_the_file(page):
    part = page.locator('.body-map[data-body="0"]')
    lines = part.locator('.pane[data-kind="coronal"] .lines')
    box = lines.bounding_box()
    lines.click(position={"x": box["width"] * 0.3, "y": box["height"] * 0.45})
    at = {way: int(part.locator(f'input[data-way="{way}"]').input_value()) for way in "xyz"}
    words = part.locator(".reading").inner_text()
    with h5py.File(KEPT_FILE) as file:
        body = next(b for b in file["bodies"].values() if b.attrs["number"] == 0)
        mm = {w: float(part.locator(f'input[data-way="{w}"]').get_attribute("aria-valuetext")
                       .split(" = ")[1].split()[0].replace("\N{MINUS SIGN}", "-")) for w in "xyz"}  # fmt: skip
        index = [int(np.abs(body[way][:] - mm[way]).argmin()) for way in "zyx"]
        dose = float(body["dose/absorbed_dose_mgy"][tuple(index)])
        organ = int(body["phantom/organ_index"][tuple(index)])
        names = {int(i): n.decode().replace("_", " ") for i, n in body["organs"]["organ_id", "name"]}
    assert all(at[way] > 0 for way in "xyz")
    assert words.startswith(f"At the crossing: {names[organ]}, about ")
    assert float(words.split("about ")[1].split()[0]) == pytest.approx(dose, rel=0.08)


def test_the_dose_can_be_hidden(page):
    part = '.body-map[data-body="1"] .pane[data-kind="sagittal"]'
    page.locator("#show-dose").uncheck()
    assert np.ptp(picture(page, part), axis=1).max() == 0
    page.locator("#show-dose").check()
    assert np.ptp(picture(page, part), axis=1).max() > 100


@pytest.mark.parametrize("width", [320, 390, 1180])
def test_nothing_hangs_out_of_the_page(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator('.pane[data-kind="coronal"] canvas').first.bounding_box()["width"] > 0.2 * width


@pytest.mark.parametrize("deficiency", ["protanopia", "deuteranopia", "tritanopia", "achromatopsia"])
def test_doses_are_told_apart_by_colour_blind_eyes(opened, page, deficiency):
    """Along the colour bar the brightness rises throughout, as such eyes see it."""
    image = pytest.importorskip("matplotlib.image")
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setEmulatedVisionDeficiency", {"type": deficiency})
    try:
        seen = image.imread(io.BytesIO(page.locator(".colour-bar svg image").screenshot()))[..., :3]
    finally:
        session.send("Emulation.setEmulatedVisionDeficiency", {"type": "none"})
    middle = seen[seen.shape[0] // 2, 4:-4] ** 2.2 @ np.array([0.2126, 0.7152, 0.0722])
    steps = middle[np.linspace(0, len(middle) - 1, 16).astype(int)]
    assert (np.diff(steps) > 0).all()
    assert steps[-1] > 0.7 > 0.1 > steps[0]


def test_the_page_of_a_batch_fits_says_nothing_and_its_points_lead_to_their_rows(opened, tmp_path):
    scan = Scan("chest", 32, Value(5.0, systematic=0.5), Value(150.0, systematic=15.0), Value(7.0), 25.0)
    one = BatchRow(
        *("p-1", "simulated", "", "A rather long title of an exam of the chest", "adult-male adult-female"),
        *(10**6, (scan,), {32: scan.dlp}, Value(3.0, 0.1, 0.3), EFFECTIVE, {"lungs": Value(8.0, 0.1)}),
    )
    double = {32: Value(300.0)}
    rows = [replace(one, name=f"p-{i}", dlp=double if i % 2 else one.dlp) for i in range(40)]
    (tmp_path / "batch.html").write_text(report_html(Batch("Many", rows)), encoding="utf-8")
    page, said = opened[0].context.new_page(), []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto((tmp_path / "batch.html").as_uri())
    for width in (320, 390, 1180):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator("a[href='#exam-40']").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("scrollY > 300")
    assert page.evaluate("document.querySelector('tr:target').dataset.name") == "p-39"
    assert said == []
    page.close()


def test_a_print_has_the_table_of_every_dose_and_no_sliders(opened, page):
    page.emulate_media(media="print")
    assert not page.locator(".slice").first.is_visible()
    assert page.locator(".pane canvas").first.is_visible()
    pdf = base64.b64encode(page.pdf(format="A4"))
    page.emulate_media(media="screen")
    assert len(pdf) > 50_000
