"""Focal spots, additional filters, second tube and table of a scanner's file: read, written, and wrong."""

import pytest

from ctdose.errors import CtdoseError
from ctdose.scanner.library import ScannerError, check_scanner
from ctdose.yaml_reader import parse_yaml

PLAIN = """\
scanner: little
geometry: {source_isocentre_distance_mm: 541, fan_angle_deg: 55, anode_angle_deg: 8, anode_side: foot}
inherent_filtration_mm: {aluminium: 6.0, tin: 0.1}
bowties:
  body: {material: aluminium, ctdi_phantom_cm: 32, centre_mm: 0.94, rise_mm: 35.5, angle_rad: 0.205, p: 4.29}
collimations: {beams: [{nominal_mm: 40, beam_width_mm: 42.5}]}
tube: {voltages_kv: [100, 150], current_max_ma: 700, power_max_kw: 80}
rotation_times_s: [0.5]
over_ranging: {a: 1.3, b_mm: 12, source: x}
output:
  reference_collimation_mm: 40
  relative_systematic_error: 0.1
  source: x
  tables:
    - {bowtie: body, ctdi_phantom_cm: 32, ctdi_w_mgy_per_100mas: [[100, 4.0], [150, 12.0]]}
"""
EXTRAS = """\
filters:
  tin-0.6: {thickness_mm: {tin: 0.6}, source: x}
focal_spots:
  small: {width_mm: 0.6, length_mm: 0.7}
  large: {width_mm: 1.1, length_mm: 1.2}
off_focal: {fraction: 0.05, sigma_mm: 10, source: x}
second_tube:
  angle_offset_deg: 95
  fan_angle_deg: 35.5
  bowties: [body]
  filters: [tin-0.6]
  source: x
table:
  width_mm: 430
  thickness_mm: 25
  sag_mm: 40
  wall: {material: graphite, density_g_cm3: 1.5, thickness_mm: 1.0}
  core: {material: polyethylene, density_g_cm3: 0.05}
  source: x
"""
WHOLE = (
    PLAIN.replace(
        "anode_side: foot", "anode_side: foot, source_collimator_distance_mm: 200, gantry_tilt_max_deg: 30"
    ).replace("b_mm: 12", "b_mm: 12, dynamic_collimation: true")
    + "    - {bowtie: body, ctdi_phantom_cm: 32, filter: tin-0.6, ctdi_w_mgy_per_100mas: [[100, 0.5], [150, 2.5]]}\n"
    + EXTRAS
)


def read(text):
    return check_scanner(parse_yaml(text.encode(), "little.yaml", ScannerError))


def test_a_file_without_the_later_keys_keeps_its_hash_and_has_none_of_them():
    plain = read(PLAIN)
    # Of this very text, before there were such keys.
    assert plain.sha256 == "ba86def53878a8e1c9df2be7e3df750e52d69a9a8cad16edc6278a5ad3b1d079"
    assert plain.focal_spot() is None
    assert (plain.off_focal, plain.second_tube, plain.table) == (None, None, None)
    assert (plain.geometry.gantry_tilt_max_deg, plain.over_ranging.dynamic_collimation) == (0.0, False)
    assert not {"focal_spots", "filters", "table"} & set(plain.to_yaml().replace(":", "").split())


def test_everything_is_written_and_read_back():
    whole = read(WHOLE)
    again = read(whole.to_yaml())
    assert again == whole
    assert again.sha256 == whole.sha256 != read(PLAIN).sha256


def test_filters_add_to_the_inherent_filtration():
    whole = read(WHOLE)
    assert whole.filtration_mm() == {"aluminium": 6.0, "tin": 0.1}
    assert whole.filtration_mm("tin-0.6") == pytest.approx({"aluminium": 6.0, "tin": 0.7})
    with pytest.raises(CtdoseError, match=r"filter=tin \(unknown to little\)\. It has: tin-0\.6\."):
        whole.filtration_mm("tin")
    with pytest.raises(CtdoseError, match=r"It has: none\."):
        read(PLAIN).filtration_mm("tin-0.6")


def test_the_first_focal_spot_is_the_default_and_their_order_counts():
    whole = read(WHOLE)
    assert whole.focal_spot() is whole.focal_spots["small"]
    assert whole.focal_spot("large").width_mm == 1.1
    with pytest.raises(CtdoseError, match=r"focal_spot=huge \(unknown to little\)\. It has: small, large\."):
        whole.focal_spot("huge")
    small, large = EXTRAS.splitlines(keepends=True)[3:5]
    assert read(WHOLE.replace(small + large, large + small)).sha256 != whole.sha256


def test_output_behind_a_filter():
    whole = read(WHOLE)
    assert whole.ctdi_w_mgy_per_100mas(150, "body", 32) == pytest.approx(12.0)
    assert whole.ctdi_w_mgy_per_100mas(150, "body", 32, filter="tin-0.6") == pytest.approx(2.5)
    without_table = read(PLAIN + EXTRAS)
    assert without_table.ctdi_w_mgy_per_100mas(150, "body", 32, filter="tin-0.6") is None


def test_mass_of_the_table():
    # 2 x 0.1 cm x 1.5 g/cm3 + 2.3 cm x 0.05 g/cm3
    assert read(WHOLE).table.areal_density_g_cm2 == pytest.approx(0.415)


@pytest.mark.parametrize(
    ("old", "new", "fragment"),
    [
        ("source_collimator_distance_mm: 200", "source_collimator_distance_mm: 600", "the blades lie beyond"),
        ("gantry_tilt_max_deg: 30", "gantry_tilt_max_deg: 90", "gantry_tilt_max_deg=90 (must be at most 45)"),
        ("dynamic_collimation: true", "dynamic_collimation: 1", "(must be true or false)"),
        (
            "thickness_mm: {tin: 0.6}",
            "thickness_mm: {tinn: 0.6}",
            "tinn=tinn (unknown material). Nearest: tin",
        ),
        ("thickness_mm: {tin: 0.6}", "thickness_mm: {tin: -0.6}", "(every thickness must lie between 0 and"),
        ("thickness_mm: {tin: 0.6}", "thickness_mm: {}", "(needs a material). For example {tin: 0.6}."),
        ("thickness_mm: {tin: 0.6}", "thickness_mm: 0.6", "Write material: thickness in mm"),
        ("width_mm: 0.6,", "width_mm: 0,", "width_mm=0 (must be above 0). Write a number in mm"),
        ("length_mm: 0.7}", "length_mm: 0.7, height_mm: 1}", "height_mm=1 (unknown key)"),
        ("fraction: 0.05", "fraction: 5", "fraction=5 (must be below 0.5)"),
        ("sigma_mm: 10, source: x", "sigma_mm: 10", "source (missing)"),
        (
            "filter: tin-0.6, ctdi",
            "filter: tin, ctdi",
            "filter=tin (no filter of this file). Nearest: tin-0.6.",
        ),
        ("filter: tin-0.6, ctdi", "ctdi", "bowtie=body (a second table for the same beam)"),
        ("  bowties: [body]", "  bowties: [head]", "bowties=head (no bowtie of this file). Known: body."),
        ("  filters: [tin-0.6]", "  filters: [tin-0.4]", "(no filter of this file). Nearest: tin-0.6."),
        ("angle_offset_deg: 95", "angle_offset_deg: 0", "angle_offset_deg=0 (must be above 0)"),
        ("thickness_mm: 25", "thickness_mm: 1.9", "(its two walls are thicker than the table)"),
        ("sag_mm: 40", "sag_mm: 240", "(it is deeper than half of its width)"),
        ("material: graphite", "material: carbonfiber", "material=carbonfiber (unknown material)"),
        (
            "beams: [{nominal_mm: 40, beam_width_mm: 42.5}",
            "beams: [{nominal_mm: 40, beam_width_mm: 42.5}, {nominal_mm: 40, beam_width_mm: 43}",
            "nominal_mm=40 (given twice)",
        ),
    ],
)
def test_faults_have_lines(scanner_fault, old, new, fragment):
    assert fragment in scanner_fault(WHOLE, old, new)
