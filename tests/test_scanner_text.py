"""What `ctdose scanner show` says below a scanner's file, and what it draws."""

import pytest
import yaml

from ctdose.cli.main import main
from ctdose.results.scanner_text import MARK, description, usual_bowtie, usual_kv, with_description
from ctdose.scanner.beam_quality import beam_quality, bowtie_kerma, couch_attenuation
from ctdose.scanner.library import check_scanner, load_scanner, scanner_names, scanner_text
from ctdose.yaml_reader import parse_yaml

DUAL = load_scanner("generic-dual-source")


@pytest.mark.parametrize("name", scanner_names())
def test_it_stays_a_scanner_file_and_is_not_added_twice(name):
    text = with_description(scanner_text(name), load_scanner(name))
    assert yaml.safe_load(text) == yaml.safe_load(scanner_text(name))
    assert text.count(MARK) == 1
    assert with_description(text, load_scanner(name)) == text
    assert max(len(line) for line in text.splitlines()) <= 125


def test_every_collimation_voltage_filter_and_table_is_there():
    lines = list(description(DUAL))
    rows = [line.split() for line in lines]
    for beam in DUAL.collimations.beams:
        assert [f"{beam.nominal_mm:g}", f"{beam.beam_width_mm:g}"] in [row[:2] for row in rows]
    for name in ("-", *DUAL.filters):
        for kv in DUAL.tube.voltages_kv:
            assert [f"{kv:g}", name] in [row[:2] for row in rows]
    assert ["120", "14.5", "6.76", "15.6", "1.755", "1.119"] in rows
    assert any("second tube at 95 deg, a field of 355 mm" in line for line in lines)


def test_numbers_are_those_of_the_beam():
    quality = beam_quality(DUAL, 100, "body", "tin-0.6")
    (row,) = [line.split() for line in description(DUAL) if line.split()[:2] == ["100", "tin-0.6"]]
    assert row[2:5] == [f"{x:.2f}" for x in (quality.hvl_mm, quality.second_hvl_mm, quality.mean_energy_kev)]
    plain = beam_quality(DUAL, 100, "body").air_kerma_mgy_per_100mas
    assert float(row[6]) == pytest.approx(quality.air_kerma_mgy_per_100mas / plain, abs=6e-4)


def test_a_file_without_the_optional_sections_is_shown_too():
    data = yaml.safe_load(scanner_text("generic-64"))
    for name in ("output", "table", "focal_spots", "filters", "off_focal"):
        del data[name]
    bare = check_scanner(parse_yaml(yaml.safe_dump(data).encode(), "bare.yaml"))
    assert "no output is stated: no absolute doses" in list(description(bare))


def test_usual_beam():
    assert usual_kv(DUAL) == 120
    assert usual_bowtie(DUAL) == "body"


def test_air_kerma_on_the_axis_follows_the_inverse_square():
    text = scanner_text("generic-64").replace("distance_mm: 541", "distance_mm: 1082")
    far = check_scanner(parse_yaml(text.encode(), "far.yaml"))
    near = beam_quality(load_scanner("generic-64"), 120, "body").air_kerma_mgy_per_100mas
    assert beam_quality(far, 120, "body").air_kerma_mgy_per_100mas == pytest.approx(near / 4)


def test_transmission_of_bowtie_and_table():
    import numpy as np

    scanner = load_scanner("generic-64")
    kerma = bowtie_kerma(scanner, 120, "body", np.deg2rad([0.0, 5.0, 15.0, 25.0]))
    assert 0.85 < kerma[0] < 0.95
    assert list(kerma) == sorted(kerma, reverse=True)
    shape = scanner.table.shape()
    taken = [couch_attenuation(scanner, kv, "body", shape) for kv in (80, 120, 140)]
    assert taken == sorted(taken, reverse=True)
    assert 0.08 < taken[1] < 0.15  # what the table's source says, and the range of tables


def test_the_picture_shows_all_six(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    from matplotlib.colors import to_hex

    from ctdose.results.scanner_plot import draw_scanner

    figure = draw_scanner(DUAL)
    titles = [axes.get_title() for axes in figure.axes]
    words = ("Spectra", "Half-value", "Air kerma", "thickness", "transmission", "CTDI_w")
    assert all(word in title for word, title in zip(words, titles, strict=True))
    ctdi = figure.axes[5]
    stated = ["head, 16 cm", "body, 32 cm", "body, 16 cm", "body, 32 cm, tin-0.4", "body, 32 cm, tin-0.6"]
    assert [line.get_label() for line in ctdi.lines] == stated
    assert dict(zip(*ctdi.lines[1].get_data()))[120.0] == 6.76
    lines = figure.axes[1].lines  # first and second layer of each filter
    assert [line.get_label() for line in lines[::2]] == ["no additional filter", "tin-0.4", "tin-0.6"]
    assert [line.get_linestyle() for line in lines] == ["-", "--"] * 3
    quality = beam_quality(DUAL, 100, "body", "tin-0.6")
    for line, layer in zip(lines[4:], (quality.hvl_mm, quality.second_hvl_mm), strict=True):
        assert dict(zip(*line.get_data()))[100.0] == pytest.approx(layer)
        assert to_hex(line.get_color()) == to_hex(figure.axes[2].lines[2].get_color())
    path = tmp_path / "dual.png"
    assert main(["scanner", "show", "generic-dual-source", "--plot", str(path)]) == 0
    assert path.stat().st_size > 10_000
    assert main(["scanner", "show", "generic-dual-source", "--plot", str(path)]) == 2
    assert "(exists). Add --overwrite" in capsys.readouterr().err
