"""`ctdose scanner calibrate`: the example of docs/scanners.md, what it writes, and what it refuses."""

import re

import pytest

from ctdose.calibration import chamber_response
from ctdose.calibration.measurement_keys import MEASUREMENT_KEYS
from ctdose.cli.main import main
from ctdose.scanner.library import load_scanner

BATCHES = 96
HVL_ONLY = """\
scanner: ct-room-3
base: generic-64
date: 2026-05-12
beams:
  - {bowtie: body, tube_voltage_kv: 120, hvl_mm: 7.4}
"""


@pytest.fixture(autouse=True)
def few_histories(monkeypatch):
    monkeypatch.setattr(chamber_response, "BATCHES", BATCHES)


@pytest.fixture
def documented(root) -> str:
    """The section of the document."""
    return (
        (root / "docs" / "scanners.md")
        .read_text(encoding="utf-8")
        .split("## A scanner from measurements\n")[1]
    )


@pytest.fixture
def measured(tmp_path):
    file = tmp_path / "measurements.yaml"
    file.write_text(HVL_ONLY, encoding="utf-8")
    return file


def parameters_in(text: str, separator: str) -> dict[str, tuple[float, float]]:
    """Name to value and error of a parameter table."""
    found = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("| ").split(separator)]
        if len(cells) == 5 and " ± " in cells[2] and not cells[0].count(","):
            value, error = cells[2].split(" ± ")
            found[cells[0]] = (float(value), float(error))
    return found


def test_the_example_of_the_document(documented, interpreted, tmp_path, capsys):
    """With fewer histories the numbers agree with those printed, and with the source they were drawn from."""
    if interpreted:
        pytest.skip("millions of histories")
    file = tmp_path / "measurements.yaml"
    file.write_text(documented.split("```yaml\n")[1].split("```")[0], encoding="utf-8")
    output, picture = tmp_path / "ct-room-3.yaml", tmp_path / "fit.png"
    words = ["scanner", "calibrate", str(file), "-o", str(output), "--plot", str(picture), "--threads", "2"]
    assert main(words) == 0
    shown = capsys.readouterr()
    found, printed = parameters_in(shown.out, "\t"), parameters_in(documented, "|")
    assert list(found) == list(printed)
    assert len(found) == 11
    for name, (value, error) in printed.items():
        assert abs(found[name][0] - value) < 0.6 * error, name
        assert found[name][1] == pytest.approx(error, rel=0.3), name
    drawn = {
        "filtration aluminium": 8.4,
        "bowtie body: angle": 0.222,
        "bowtie body: rise": 30.0,
        "bowtie body: p": 3.8,
    }
    for name, value in (drawn | {"output at 120 kV": 1.06}).items():
        assert abs(found[name][0] - value) < 3.0 * found[name][1], name
    lines = [line.removeprefix("# ") for line in shown.out.splitlines() if line.startswith("# ")]
    for line in re.findall(r"(?m)^- (.*)$", documented.split("and below it")[1].split("![")[0]):
        assert line in lines
    scanner = load_scanner(output)
    assert scanner.output.table("body", 32).ctdi_w_mgy_per_100mas[1] == [
        120,
        pytest.approx((4.91 + 2 * 8.94) / 3.0, rel=1e-5),
    ]
    assert scanner.geometry == load_scanner("generic-64").geometry
    assert scanner.bowties["body"].verified
    assert not scanner.bowties["large"].verified
    assert scanner.bowties["large"].source.startswith(
        "Not measured (measurements.yaml, 2026-05-12): that of generic-64"
    )
    assert picture.stat().st_size > 20_000
    assert f"Wrote {output}" in shown.err


def test_without_a_file_to_write_the_fit_is_shown(measured, tmp_path, capsys):
    assert main(["scanner", "calibrate", str(measured)]) == 0
    shown = capsys.readouterr()
    lines = shown.out.splitlines()
    assert lines[0] == "# ct-room-3: measurements of 2026-05-12, base scanner generic-64, CTDI at nT 40 mm"
    assert lines[2].split("\t")[:3] == ["body 120 kV, HVL1", "mm Al", "7.40 ± 0.15"]
    assert lines[6].split("\t")[0] == "filtration aluminium"
    assert "No scanner was written" in shown.err
    assert list(tmp_path.iterdir()) == [measured]


def test_a_scanner_without_output_can_be_read_again(measured, tmp_path):
    output = tmp_path / "ct.yaml"
    assert main(["scanner", "calibrate", str(measured), "-o", str(output)]) == 0
    scanner = load_scanner(output)
    assert scanner.output is None
    assert 6.5 < scanner.inherent_filtration_mm["aluminium"] < 8.0
    assert load_scanner("generic-64").tube == scanner.tube


def test_a_voltage_that_the_base_lacks_is_added(measured, tmp_path):
    measured.write_text(HVL_ONLY.replace("tube_voltage_kv: 120", "tube_voltage_kv: 130"))
    output = tmp_path / "ct.yaml"
    assert main(["scanner", "calibrate", str(measured), "-o", str(output)]) == 0
    assert load_scanner(output).tube.voltages_kv == [80, 100, 120, 130, 140]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["-o", "{folder}/measurements.yaml", "--overwrite"], "holds the measurements"),
        (["-o", "{folder}/there.yaml"], "exists"),
        (["-o", "{folder}/scanner.txt"], "not the name of a scanner's file"),
        (["-o", "{folder}/none/scanner.yaml"], "no folder"),
        (["--plot", "{folder}/fit.docx"], "not the name of a picture"),
        (["--threads", "0"], "threads=0"),
    ],
)
def test_a_wrong_option_is_one_line_and_nothing_is_written(words, named, measured, tmp_path, capsys):
    there = tmp_path / "there.yaml"
    there.write_text("mine")
    given = [word.format(folder=tmp_path) for word in words]
    assert main(["scanner", "calibrate", str(measured), *given]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert named in shown.err
    assert len(shown.err.splitlines()) == 1
    assert {f.name for f in tmp_path.iterdir()} == {"measurements.yaml", "there.yaml"}
    assert there.read_text() == "mine"
    assert measured.read_text() == HVL_ONLY


def test_a_misfit_is_shown_and_not_written(measured, tmp_path, capsys):
    measured.write_text(HVL_ONLY.replace("hvl_mm: 7.4", "hvl_mm: 5.0, second_hvl_mm: 8.9"))
    output = tmp_path / "ct.yaml"
    assert (
        main(["scanner", "calibrate", str(measured), "-o", str(output), "--plot", str(tmp_path / "f.png")])
        == 2
    )
    shown = capsys.readouterr()
    assert "body 120 kV, HVL2" in shown.out
    assert re.match(rf"{re.escape(str(measured))}:5: .*hvl_mm=.* \(no source of this model fits", shown.err)
    assert list(tmp_path.iterdir()) == [measured]


def test_a_picture_of_half_value_layers_alone(measured, tmp_path):
    """No profile, one reading, no band."""
    picture = tmp_path / "fit.svg"
    assert main(["scanner", "calibrate", str(measured), "--plot", str(picture)]) == 0
    assert b"<svg" in picture.read_bytes()[:2000]


def test_the_document_has_the_keys(documented, capsys):
    begin, end = (
        "<!-- keys: ctdose scanner keys --measurements --markdown -->\n",
        "<!-- end of measurement keys -->",
    )
    assert documented.split(begin)[1].split(end)[0] == MEASUREMENT_KEYS.table("markdown"), (
        "tools/make_scanner_tables.py --keys"
    )
    assert main(["scanner", "keys", "--measurements", "--markdown"]) == 0
    assert capsys.readouterr().out == MEASUREMENT_KEYS.table("markdown")


def test_keys_and_schema(capsys):
    rows = {row[0]: row for row in MEASUREMENT_KEYS.rows()}
    assert rows["beams[].hvl_mm"][2] == "mm"
    assert rows["beams[].ctdi[]"][3] == "[]"
    assert not any(path.startswith(("geometry.", "collimations.")) for path in rows)
    assert main(["scanner", "keys", "--measurements", "--schema"]) == 0
    assert '"title": "ctdose measurements"' in capsys.readouterr().out
    assert MEASUREMENT_KEYS.json_schema()["additionalProperties"] is False
