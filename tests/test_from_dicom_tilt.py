"""A tilted gantry in the headers of slices: the exam's beam lies in the plane of the slices."""

import math

import numpy as np
import pytest

pytest.importorskip("pydicom", reason="needs the extra [dicom]")

import dicom_examinations as made
from ctdose.api import prepare
from ctdose.cli.main import main
from ctdose.exam.dicom.frames import frames_of
from ctdose.exam.dicom.image_events import image_events
from ctdose.exam.dicom.slice_plane import middle_mm, slice_plane
from ctdose.exam.library import load_exam
from test_from_dicom_command import own_phantom

pytestmark = pytest.mark.filterwarnings(
    "ignore::UserWarning"
)  # pydicom's, of the values that the tests make up


def one(*series):
    found = image_events(frame for images in series for image in images for frame in frames_of(image))
    assert len(found.events) == 1
    return found.events[0]


@pytest.mark.parametrize("tilt", [20.0, -12.5])
def test_the_plane_of_the_slices_gives_the_tilt(tilt):
    event = one(made.tilted(tilt))
    assert event.value("gantry_tilt_deg") == pytest.approx(tilt, abs=0.01)
    assert "Image Orientation, confirmed by (0018,1120)" in event.known["gantry_tilt_deg"].origin
    assert not any("other sign" in line for line in event.remarks)


def test_the_range_is_where_slices_cross_the_axis():
    """Centres from z = 0 to 95 mm; half a slice of 5 mm is 2.5 mm / cos 20 deg = 2.660 mm along the axis.

    The corners lie 200 sin 20 deg = 68.4 mm lower, which is no place of the beam on the axis.
    """
    event = one(made.tilted(20.0))
    assert event.value("z_range_mm") == pytest.approx((-2.660, 97.660), abs=2e-3)
    assert event.value("length_mm") == pytest.approx(100.321, abs=2e-3)
    assert event.known["z_range_mm"].origin.endswith("where they cross the axis")
    assert [z for z, _ in event.currents[:2]] == pytest.approx([0.0, 5.0], abs=1e-3)


def test_without_a_centre_the_middle_of_the_image_is_taken_and_said():
    event = one(made.tilted(20.0, DataCollectionCenterPatient=None))
    assert event.value("z_range_mm") == pytest.approx((-2.660, 97.660), abs=2e-3)
    assert any("where the middle of each image lies" in line for line in event.remarks)
    bare = made.tilted(20.0, DataCollectionCenterPatient=None, PixelSpacing=None)
    assert not image_events(frame for image in bare for frame in frames_of(image)).events


def test_an_axis_beside_the_middle_of_the_images():
    """Images centred 30 mm in front of the axis: there the plane lies 30 tan 20 deg = 10.92 mm lower."""
    series = made.tilted(20.0, centre=(0.0, -42.5), DataCollectionCenterPatient=[0.0, -12.5, 0.0])
    low, _ = one(series).value("z_range_mm")
    assert low == pytest.approx(-2.660 + 30.0 * math.tan(math.radians(20.0)), abs=2e-3)


def test_a_maker_with_the_other_sign():
    event = one(made.tilted(20.0, stated="-20"))
    assert event.value("gantry_tilt_deg") == pytest.approx(20.0, abs=0.01)
    assert any("has the other sign" in line for line in event.remarks)


@pytest.mark.parametrize(("position", "sign"), [("HFS", 1), ("FFS", -1), ("HFP", -1), ("FFP", 1)])
def test_the_standards_sign_by_patient_position(position, sign):
    """Feet first the table enters at the head; prone the top of the gantry is at the back."""
    event = one(made.tilted(20.0, stated=f"{20 * sign}", PatientPosition=position))
    assert event.value("gantry_tilt_deg") == pytest.approx(20.0, abs=0.01)
    assert not any("other sign" in line for line in event.remarks)


@pytest.mark.parametrize("stated", [None, "0"])
def test_sheared_slices_were_tilted_whatever_the_header_says(stated):
    event = one(made.tilted(15.0, stated=stated))
    assert event.value("gantry_tilt_deg") == pytest.approx(15.0, abs=0.01)
    assert any("absent or 0" in line for line in event.remarks)


def oblique(stated):
    """Slices that follow one another along their normal."""
    s, c = math.sin(0.3), math.cos(0.3)
    return made.tilted(
        math.degrees(0.3),
        stated=stated,
        ImagePositionPatient=lambda k: [-200.0, -200.0 * c - 5 * k * s, -200.0 * s + 5 * k * c],
    )


@pytest.mark.parametrize(
    ("series", "why"),
    [
        (lambda: made.slices(GantryDetectorTilt="12.5"), "the slices are upright"),
        (lambda: oblique(None), "an oblique reconstruction?"),
        (lambda: oblique("0"), "an oblique reconstruction?"),
        (lambda: made.tilted(20.0, stated="12"), "tilted by 20 degrees, the header says 12"),
        (lambda: made.tilted(20.0, 5) + made.tilted(-20.0, 5, stated="20"), "several planes"),
        (lambda: made.tilted(20.0, GantryDetectorTilt=lambda k: "20" if k else "10"), "slices differ in"),
        (
            lambda: made.tilted(20.0, ImageOrientationPatient=[0.9, 0.3, 0.3, -0.3, 0.9, 0.3]),
            "another axis than a gantry's",
        ),
    ],
)
def test_what_does_not_fit_is_not_taken(series, why):
    event = one(series())
    assert event.value("gantry_tilt_deg") is None
    assert why in event.why["gantry_tilt_deg"]


def test_a_tilted_series_and_its_upright_reconstruction_are_one_tilted_scan():
    event = one(made.tilted(20.0), made.slices(GantryDetectorTilt="20"))
    assert event.value("gantry_tilt_deg") == pytest.approx(20.0, abs=0.01)


def test_slices_stacked_along_their_normal_are_tilted_if_the_header_says_so():
    """Some images follow their own axis, y and z change: 5 mm along the normal are 5 / cos on the axis, 19 steps."""
    event = one(oblique(f"{math.degrees(0.3):.2f}"))
    assert event.value("gantry_tilt_deg") == pytest.approx(17.19, abs=0.01)
    assert event.value("length_mm") == pytest.approx((19 * 5 + 5) / math.cos(0.3), abs=2e-3)


def test_small_angles_are_no_tilt():
    event = one(made.slices(GantryDetectorTilt="0.5"))
    assert event.value("gantry_tilt_deg") is None
    assert event.why == {}


def test_a_plane_by_hand():
    """Rows along x, columns 30 deg down from y to z: 10 mm behind the corner the plane is 10 tan 30 deg higher."""
    axes = (1.0, 0.0, 0.0, 0.0, math.cos(math.pi / 6), 0.5)
    plane = slice_plane((0.0, 0.0, 7.0), axes)
    assert plane.tilt_deg == pytest.approx(30.0)
    assert plane.z_at(3.0, 10.0) == pytest.approx(7.0 + 5.7735, abs=1e-4)
    flipped = slice_plane((0.0, 0.0, 7.0), (-1.0, 0.0, 0.0, *axes[3:]))
    assert flipped.tilt_deg == pytest.approx(30.0)
    assert middle_mm((0.0, 0.0, 7.0), axes, (3, 5), (2.0, 4.0)) == pytest.approx(
        (2.0, 6.9282, 11.0), abs=1e-4
    )


@pytest.fixture
def run(tmp_path, capfd, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made.write(tmp_path / "s", made.tilted(20.0, 52, XRayTubeCurrent=lambda k: 150 + 2 * k))
    own_phantom(tmp_path / "patient.h5")

    def command(*arguments, scanner="generic-64"):
        given = ("--scanner", scanner, "--phantom", "patient.h5", "--bowtie", "body", *arguments)
        code = main(["exam", "from-dicom", "s", "-o", "mine.yaml", *given])
        return code, capfd.readouterr().err

    return command


def test_the_beam_of_the_exam_lies_in_the_plane_of_the_slices(run, tmp_path):
    """Every tube position of a rotation about a slice's place on the axis is a point of that slice's plane."""
    code, error = run()
    assert code == 0, error
    exam = load_exam(tmp_path / "mine.yaml")
    acquisition = exam.acquisitions[0]
    assert acquisition.gantry_tilt_deg == pytest.approx(20.0, abs=0.01)
    # own_phantom begins at z = -2.5; half a slice along the axis is 2.66 mm
    assert acquisition.scan_range == pytest.approx((-2.5, 257.5))
    assert acquisition.modulation_options.z_mm[:2] == pytest.approx([0.0, 5.0], abs=1e-3)
    plan = prepare(exam).resolved.plans["patient"][0]
    x, y = plan.isocentre_xy_mm
    image = made.tilted(20.0, 52)[7]
    plane = slice_plane(tuple(image.ImagePositionPatient), tuple(image.ImageOrientationPatient))
    tilt = math.radians(plan.beams[0].gantry_tilt_deg)
    for angle in np.linspace(
        0.0, 2.0 * np.pi, 9
    ):  # as kernels.source.view_of_ct, which test_focal_spot.py tests
        forward = -541.0 * math.cos(angle)
        tube = (
            x + 541.0 * math.sin(angle),
            y + forward * math.cos(tilt),
            35.0 + forward * math.sin(tilt),
        )
        assert plane.z_at(*tube[:2]) == pytest.approx(tube[2], abs=0.1)
    assert "# header (0020,0037) Image Orientation" in (tmp_path / "mine.yaml").read_text()
    assert "front towards the feet" in error


def test_a_scanner_that_does_not_tilt(run, tmp_path):
    code, error = run("--nearest", scanner="generic-dual-source")
    assert code == 2
    assert "gantry_tilt_deg=20 (header (0020,0037) Image Orientation" in error
    assert "generic-dual-source cannot be tilted). Give another --scanner, or --gantry-tilt-deg: 0" in error
    assert len(error.splitlines()) == 1
    assert not (tmp_path / "mine.yaml").exists()
    code, error = run("--nearest", "--gantry-tilt-deg", "0", scanner="generic-dual-source")
    assert code == 0, error


def test_an_unclear_tilt_is_asked_for(run, tmp_path):
    made.write(tmp_path / "s", made.slices(52, GantryDetectorTilt="20"))
    code, error = run()
    assert code == 2
    assert "gantry_tilt_deg (the header says 20 degrees (0018,1120), but the slices are upright)" in error
    assert "Give --gantry-tilt-deg: 0, or the angle" in error
    code, error = run("--gantry-tilt-deg", "-20")
    assert code == 0, error
    assert load_exam(tmp_path / "mine.yaml").acquisitions[0].gantry_tilt_deg == -20
