"""The picture of a phantom: which section, which colours, the legend and the range lines."""

import dataclasses

import numpy as np
import pytest

from ctdose.cli.main import main
from ctdose.cli.phantom_table import HEADINGS, organ_rows
from ctdose.errors import CtdoseError
from ctdose.phantoms.anatomy import Anatomy
from ctdose.phantoms.organs import Organ
from ctdose.phantoms.region_profiles import region_profiles, z_range_mm
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.physics.materials import Material
from ctdose.results.organ_colours import colour_table, is_light, other_names
from ctdose.results.organ_labels import OTHER, REMAINDER, SKELETON, WEIGHTED, labels
from ctdose.results.phantom_legend import MOST_IN_LEGEND, lines_of, what_is_seen
from ctdose.results.phantom_plot import draw_phantoms, plot_phantom
from ctdose.results.scan_ranges import ScanRange, near_lines
from ctdose.results.section_choice import check_point, choose_sections
from ctdose.results.section_dressing import widest_place
from ctdose.results.sections import sections_at

image = pytest.importorskip("matplotlib.image")
SHAPE, SPACING, ORIGIN = (30, 14, 20), (10.0, 10.0, 20.0), (-95.0, -65.0, -290.0)
EXAM = """\
exam: Cylinder
phantom: water-cylinder
scanner: generic-64
acquisitions:
  - {name: middle, mode: helical, tube_voltage_kv: 120, bowtie: body, collimation_mm: 40, pitch: 1.0,
     rotation_time_s: 0.5, scan_range: [-40, 60], tube_current_ma: 200}
simulation: {voxel_mm: 10}
"""


def person(name="person"):
    """Asymmetric: liver at the patient's right, heart in front at the left, brain at the top, bone behind."""
    region = np.zeros(SHAPE, np.uint16)
    region[2:28, 2:12, 2:18] = 1  # muscle
    region[10:14, 4:10, 3:9] = 2  # liver
    region[15:19, 3:9, 10:16] = 3  # heart wall
    region[16:18, 4:8, 11:15] = 4  # and what it holds
    region[24:28, 4:10, 6:14] = 5  # brain
    region[4:24, 9:11, 9:11] = 6  # spine
    region[17, 5, 4] = 7  # right lung
    region[17, 5, 17] = 8  # left lung
    material = (region > 0).astype(np.uint8)
    organs = (
        Organ(1, "muscle", "muscle"),
        Organ(2, "liver", "liver", reference_mass_g=1800.0),
        Organ(3, "heart_wall", "heart"),
        Organ(4, "heart_contents"),
        Organ(5, "brain", "brain"),
        Organ(6, "lumbar_spine_spongiosa"),
        Organ(7, "right_lung", "lung"),
        Organ(8, "left_lung", "lung"),
        Organ(9, "tongue"),
    )
    anatomy = Anatomy(name, "male", False, groups={"lungs": ("left_lung", "right_lung")})
    both = (Material("air"), Material("water"))
    return VoxelPhantom(material, both, SPACING, ORIGIN, region, name=name, organs=organs, anatomy=anatomy)


def section_axes(figure, kind):
    (axes,) = [each for each in figure.axes if each.get_title().startswith(kind)]
    return axes


def colour_at(figure, kind, x, y):
    """Drawn colour at a position of a section in mm, from the picture itself."""
    figure.canvas.draw()
    picture = np.asarray(figure.canvas.buffer_rgba())
    column, up = section_axes(figure, kind).transData.transform((x, y))
    return tuple(picture[len(picture) - 1 - int(up), int(column), :3].tolist())


def expected_colour(phantom, region):
    return tuple(round(255 * each) for each in colour_table(phantom, other_names([phantom]))[region])


def test_drawn_colours_are_those_of_the_voxels():
    """Liver at the picture's left, heart at its right: neither mirrored nor upside down."""
    phantom = person()
    figure = draw_phantoms([phantom], {"person": []}, (-40.0, -25.0, 45.0))
    for kind, x, y, region in (
        ("coronal", 55.0, 75.0, 3),  # z = 75 mm is slice 18
        ("coronal", 14.0, 26.0, 4),
        ("coronal", -40.0, -25.0, 2),
        ("coronal", -25.0, 190.0, 5),
        ("transverse", 55.0, -35.0, 3),  # x > 0: the left
        ("transverse", 35.0, 42.0, 1),
        ("sagittal", -25.0, -80.0, 2),
        ("sagittal", 40.0, -280.0, 0),
    ):
        assert colour_at(figure, kind, x, y) == pytest.approx(expected_colour(phantom, region), abs=2) or (
            region == 0 and colour_at(figure, kind, x, y) == (0, 0, 0)
        ), (kind, x, y)
    mirrored = dataclasses.replace(phantom, region_index=phantom.region_index[:, :, ::-1])
    other = draw_phantoms([mirrored], {"person": []}, (-40.0, -25.0, 45.0))
    assert colour_at(other, "transverse", 55.0, -35.0) != colour_at(figure, "transverse", 55.0, -35.0)
    assert colour_at(other, "transverse", -55.0, -35.0) == colour_at(figure, "transverse", 55.0, -35.0)


@pytest.mark.parametrize(
    ("kind", "ends"), [("coronal", "RLFH"), ("sagittal", "APFH"), ("transverse", "RLPA")]
)
def test_directions_are_marked_where_they_are(kind, ends):
    figure = draw_phantoms([person()], {"person": []})
    figure.canvas.draw()
    axes = section_axes(figure, kind)
    box = axes.get_window_extent()
    at = {}
    for text in axes.texts:
        if text.get_text() in "RLAPHF":
            drawn = text.get_window_extent()
            at[text.get_text()] = (drawn.x0 + drawn.x1) / 2, (drawn.y0 + drawn.y1) / 2
    left, right, below, above = (at[end] for end in ends)
    assert box.x0 < left[0] < above[0] < right[0] < box.x1
    assert box.y0 < below[1] < above[1] < box.y1
    x_mm, y_mm = axes.get_xlim(), axes.get_ylim()
    assert x_mm[0] < x_mm[1]  # x and y grow to the right: the left, the back
    assert (y_mm[0] < y_mm[1]) == (kind != "transverse")
    assert any(label.get_text() for label in axes.get_xticklabels())


def test_range_lines_are_where_the_range_is_and_tell_themselves_apart():
    scan = ScanRange("chest", (-40.0, 80.0), (-70.0, 110.0))
    figure = draw_phantoms([person()], {"person": [scan]})
    for kind in ("coronal", "sagittal"):
        lines = [line for line in section_axes(figure, kind).lines if line.get_color() == "black"]
        drawn = {line.get_ydata()[0]: line.get_linestyle() for line in lines}
        assert drawn == {-40.0: "-", 80.0: "-", -70.0: "--", 110.0: "--"}
    assert section_axes(figure, "transverse").lines[:] == []
    assert colour_at(figure, "coronal", 60.0, -40.0) < (60, 60, 60)
    words = {text.get_text(): text for text in section_axes(figure, "coronal").texts}
    assert words["planned"].xy[1] == 80.0
    assert words["irradiated"].xy[1] == 110.0
    legend = [text.get_text() for text in figure.axes[0].texts]
    assert "planned, z = -40.0 to 80.0 mm" in legend
    assert "irradiated, z = -70.0 to 110.0 mm" in legend
    assert -40.0 <= choose_sections(person(), None, scan.planned_mm)[2].position_mm <= 80.0


def test_many_and_far_ranges_are_drawn_too():
    scans = [ScanRange(f"part {i}", (i * 20.0, i * 20.0 + 10.0), (900.0, 950.0)) for i in range(9)]
    figure = draw_phantoms([person()], {"person": scans})
    legend = [text.get_text() for text in figure.axes[0].texts]
    assert "scan range: part 5" in legend
    assert "and 3 more" in legend
    assert max(line.get_ydata()[0] for line in section_axes(figure, "coronal").lines) == 170.0


def test_the_legend_names_what_is_seen_by_tissue():
    phantom = person()
    row = choose_sections(phantom, (-40.0, -15.0, 55.0))
    (seen,) = what_is_seen([phantom], [row])
    found = {entry.name: (entry.heading, len(entry.colours)) for entry in seen.entries}
    assert found == {
        "liver": (WEIGHTED, 1),
        "brain": (WEIGHTED, 1),
        "lungs": (WEIGHTED, 1),
        "muscle": (REMAINDER, 1),
        "heart": (REMAINDER, 2),
        "spongiosa": (SKELETON, 1),
    }
    assert [entry.number for entry in seen.entries] == [1, 2, 3, 4, 5, 6]
    assert [line if isinstance(line, str) else line.name for line in lines_of(seen)] == [
        *("weighted (ICRP 103)", "brain", "liver", "lungs"),
        *("remainder (ICRP 103)", "muscle", "heart"),
        *("skeleton", "spongiosa"),
    ]
    assert labels(phantom)[6].heading == SKELETON
    assert labels(phantom)[4].inner
    assert labels(phantom)[0].heading == OTHER


def test_numbers_of_the_legend_stand_in_their_organs():
    phantom = person()
    figure = draw_phantoms([phantom], {"person": []}, (-40.0, -25.0, 45.0))
    axes = section_axes(figure, "coronal")
    row = choose_sections(phantom, (-40.0, -25.0, 45.0))
    (seen,) = what_is_seen([phantom], [row])
    number = next(str(entry.number) for entry in seen.entries if entry.name == "liver")
    (text,) = [each for each in axes.texts if each.get_text() == number]
    x, z = text.get_position()
    k, i = round((z - ORIGIN[2]) / SPACING[2]), round((x - ORIGIN[0]) / SPACING[0])
    assert phantom.region_index[k, row[0].index, i] == 2


def test_bodies_share_numbers_and_stand_in_rows():
    one, other = person("one"), person("other")
    part = dataclasses.replace(other, region_index=np.where(other.region_index == 2, 1, other.region_index))
    rows = [choose_sections(each, (-40.0, -15.0, 55.0)) for each in (one, part)]
    first, second = what_is_seen([one, part], rows)
    numbers = {entry.name: entry.number for entry in first.entries}
    assert "liver" not in {entry.name for entry in second.entries}
    assert all(numbers[entry.name] == entry.number for entry in second.entries)
    figure = draw_phantoms([one, part], {"one": [], "other": []})
    coronal = [each.get_position() for each in figure.axes if each.get_title().startswith("coronal")]
    assert coronal[0].y0 > coronal[1].y1
    assert coronal[0].x0 == coronal[1].x0


def test_many_organs_with_long_names_fit(tmp_path):
    region = np.arange(SHAPE[2] * SHAPE[0]).reshape(SHAPE[0], 1, SHAPE[2]).repeat(SHAPE[1], axis=1) // 4
    organs = tuple(
        Organ(i, f"a_rather_long_name_of_organ_number_{i}_{i}") for i in range(1, int(region.max()) + 1)
    )
    material = np.zeros(SHAPE, np.uint8)
    many = VoxelPhantom(material, (Material("water"),), SPACING, ORIGIN, region, name="many", organs=organs)
    scan = ScanRange("an acquisition with a name that goes on and on, and then on again", (0.0, 100.0))
    figure = draw_phantoms([many], {"many": [scan]})
    figure.canvas.draw()
    page = figure.axes[0]
    entries = [
        text for text in page.texts if text.get_text().startswith("a rather") and "…" in text.get_text()
    ]
    assert len(entries) in (MOST_IN_LEGEND - 1, MOST_IN_LEGEND)  # region 0 has a short name
    boxes = [text.get_window_extent() for text in page.texts]
    width, height = figure.canvas.get_width_height()
    assert all(box.x0 >= 0 and box.x1 <= width and box.y0 >= 0 and box.y1 <= height for box in boxes)
    overlaps = [
        (a, b) for i, a in enumerate(boxes) for b in boxes[:i] if a.overlaps(b) and _shared(a, b) > 3.0
    ]
    assert overlaps == []


def _shared(a, b):
    """Height, pixels, that two boxes share."""
    return min(a.y1, b.y1) - max(a.y0, b.y0) if min(a.x1, b.x1) > max(a.x0, b.x0) else 0.0


def test_sections_are_where_most_organs_are_seen():
    coronal, sagittal, transverse = choose_sections(person())
    cut = coronal.of(person().region_index)
    assert {2, 3, 5, 7, 8} <= set(np.unique(cut).tolist())
    assert transverse.index == 17  # heart and both lungs
    assert {2, 5} <= set(np.unique(sagittal.of(person().region_index)).tolist())


def test_without_organs_sections_are_in_the_middle():
    plain = VoxelPhantom(np.zeros(SHAPE, np.uint8), (Material("water"),), SPACING, ORIGIN)
    assert [plane.index for plane in choose_sections(plain)] == [6, 9, 14]


def test_a_point_is_in_its_voxel():
    phantom = person()
    assert check_point(phantom, (-95.0, -65.0, -290.0)) == (0, 0, 0)
    assert check_point(phantom, (-80.1, -50.0, -260.1)) == (1, 2, 1)
    assert check_point(phantom, (100.0, 70.0, 300.0)) == (29, 13, 19)  # the far corner
    with pytest.raises(
        CtdoseError, match=r"at=0,0,301 \(z=301 is outside person\). z reaches from -300 to 300"
    ):
        check_point(phantom, (0.0, 0.0, 301.0))


def test_the_widest_place_of_an_area():
    plane = sections_at(SHAPE, ORIGIN, SPACING, (5, 5, 5))[2]  # rows: y downwards
    there = np.zeros((14, 20), bool)
    there[2:5, 10:13] = True
    x, y, radius = widest_place(there, plane)
    assert (x, y) == (pytest.approx(15.0), pytest.approx(-35.0))
    assert radius == pytest.approx(15.0)
    assert widest_place(np.zeros((14, 20), bool), plane)[2] == 0.0
    coronal = sections_at(SHAPE, ORIGIN, SPACING, (5, 5, 5))[0]
    rows = np.flatnonzero(near_lines(coronal, 30, [ScanRange("", (-300.0, 20.0))], 15.0))
    assert rows.tolist() == [0, 15, 16]


def test_text_on_a_colour_can_be_read():
    assert is_light((1.0, 1.0, 0.6))
    assert not is_light((0.2, 0.1, 0.4))


def test_profiles_count_every_voxel():
    region = person().region_index
    along_z, along_y, along_x = region_profiles(region)
    for number in range(9):
        there = region == number
        assert along_z[number].tolist() == there.sum(axis=(1, 2)).tolist()
        assert along_y[number].tolist() == there.sum(axis=(0, 2)).tolist()
        assert along_x[number].tolist() == there.sum(axis=(0, 1)).tolist()
    assert z_range_mm(along_z[2], ORIGIN[2], SPACING[2]) == (-100.0, -20.0)
    assert z_range_mm(np.zeros(5, int), 0.0, 1.0) is None


def test_the_table_has_volumes_and_extents():
    rows = {row[0]: dict(zip(HEADINGS, row)) for row in organ_rows(person())}
    liver = rows["liver"]
    assert (liver["voxels"], liver["volume_cm3"], liver["mass_g"]) == ("144", "288", "288")
    assert (liver["z_low_mm"], liver["z_high_mm"]) == ("-100.0", "-20.0")
    assert (liver["reference_mass_g"], liver["difference_%"]) == ("1800", "-84.0")
    tongue = rows["tongue"]  # above the highest region
    assert (tongue["voxels"], tongue["z_low_mm"], tongue["z_high_mm"]) == ("0", "", "")
    bare = dataclasses.replace(person(), organs=person().organs[:-3])
    assert [row[0] for row in organ_rows(bare)][-2:] == ["region 7", "region 8"]


@pytest.mark.parametrize("spacing", [10.2, 7.4, 25.0])
def test_scales_of_neighbours_stay_apart(spacing):
    shape, step = (20, 40, 40), (spacing, spacing, spacing)
    plain = VoxelPhantom(np.zeros(shape, np.uint8), (Material("water"),), step, (-19.5 * spacing,) * 3)
    figure = draw_phantoms([plain], {"phantom": []})
    figure.canvas.draw()
    ends = []
    for kind in ("coronal", "sagittal"):
        labels_x = section_axes(figure, kind).get_xticklabels()
        assert len(labels_x) >= 3
        boxes = [label.get_window_extent() for label in labels_x]
        ends += [boxes[0].x0, boxes[-1].x1]
    assert ends[1] + 3.0 < ends[2]


def test_a_single_slice_is_drawn(tmp_path):
    slim = VoxelPhantom(
        np.zeros((1, 40, 40), np.uint8), (Material("water"),), (1.0, 1.0, 0.1), (0.0, 0.0, 0.0)
    )
    plot_phantom(slim, tmp_path / "slim.png")
    assert (tmp_path / "slim.png").is_file()


def test_command_shows_and_draws_the_range_of_an_exam(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text(EXAM)
    words = ["phantom", "show", "water-cylinder", "--voxel-mm", "10", "--exam", "mine.yaml"]
    assert main([*words, "--at", "0,-20,30", "--plot", "p.png"]) == 0
    text = capsys.readouterr().out
    planned = next(line for line in text.splitlines() if line.startswith("planned"))
    assert planned.split(None, 1)[1] == "-40.0 to 60.0 mm (middle)"
    irradiated = next(line for line in text.splitlines() if line.startswith("irradiated")).split()
    assert float(irradiated[1]) < -45.0  # over-ranging, at both ends alike
    assert float(irradiated[3]) - 60.0 == pytest.approx(-40.0 - float(irradiated[1]), abs=0.2)
    assert image.imread(tmp_path / "p.png").shape[1] == 1120
    assert main([*words, "--plot", "p.png"]) == 2
    assert "p.png (exists)" in capsys.readouterr().err


def test_the_picture_is_there_for_who_reads_the_first_lines_only(tmp_path, monkeypatch):
    """`ctdose phantom show NAME --plot p.png | head` closes the output while the table is printed."""

    def closed(*_args):
        raise BrokenPipeError

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("ctdose.cli.phantom.print_body", closed)
    main(["phantom", "show", "water-cylinder", "--voxel-mm", "20", "--plot", "p.png"])
    assert (tmp_path / "p.png").stat().st_size > 1000


def test_without_matplotlib_nothing_is_shown(tmp_path, monkeypatch, capsys):
    import importlib.util

    monkeypatch.chdir(tmp_path)
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "matplotlib" else find(name)
    )
    assert main(["phantom", "show", "water-cylinder", "--plot", "p.png"]) == 2
    shown = capsys.readouterr()
    assert 'pip install "ctdose[plot]"' in shown.err
    assert shown.out == ""
    assert list(tmp_path.iterdir()) == []
