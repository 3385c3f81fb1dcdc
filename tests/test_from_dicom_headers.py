"""What headers of CT series say of the exposure: makers' conventions, and what is not an irradiation of its own."""

import pytest

pytest.importorskip("pydicom", reason="needs the extra [dicom]")

import dicom_examinations as made
from ctdose.errors import CtdoseError
from ctdose.exam.dicom.examination import read_examination
from ctdose.exam.dicom.exposure_meaning import exposure_meaning
from ctdose.exam.dicom.frames import frames_of
from ctdose.exam.dicom.image_events import image_events
from ctdose.exam.dicom.image_output import mean_along_z
from ctdose.exam.dicom.person import age_years

pytestmark = pytest.mark.filterwarnings(
    "ignore::UserWarning"
)  # pydicom's, of the values that the tests make up


def events_of(*series):
    return image_events(frame for images in series for image in images for frame in frames_of(image))


def one(*series):
    found = events_of(*series)
    assert len(found.events) == 1
    return found.events[0]


@pytest.mark.parametrize("maker", ["effective", "slice", "rotation"])
def test_the_same_scan_from_three_makers(maker):
    event = one(made.slices(maker=maker))
    expected = {
        "mode": "helical",
        "tube_voltage_kv": 120,
        "collimation_mm": 40,
        "pitch": 0.8,
        "rotation_time_s": 0.5,
    }
    assert {name: event.value(name) for name in expected} == expected
    assert event.value("tube_current_ma") == 200
    assert event.value("ctdi_vol_mgy") == 9.75
    assert event.value("ctdi_phantom_cm") == (None if maker == "rotation" else 32)
    assert event.value("z_range_mm") == (-2.5, 97.5)
    assert event.value("isocentre_mm") == (0.0, -12.5)
    assert event.value("region") == "chest"


@pytest.mark.parametrize(
    ("maker", "said"),
    [("effective", "effective mAs"), ("slice", "mAs on one slice"), ("rotation", "mAs of a rotation,")],
)
def test_what_exposure_means_is_found_and_said(maker, said):
    remark = next(line for line in one(made.slices(maker=maker)).remarks if line.startswith("Exposure"))
    assert said in remark
    assert " or " not in remark.split(",")[0]


def test_exposure_that_agrees_with_nothing_is_said():
    remarks = one(made.slices(Exposure=300)).remarks
    assert any("neither mAs of a rotation nor effective mAs" in line for line in remarks)


def test_meanings_of_exposure():
    assert exposure_meaning(100, 200, 0.5, 0.8) == ["rotation"]
    assert exposure_meaning(125, 200, 0.5, 0.8) == ["effective"]
    assert exposure_meaning(100, 200, 0.5, 1.0) == ["rotation", "effective"]
    assert exposure_meaning(16, 200, 0.5, 0.8, 32.0, 5.0) == ["slice"]
    assert exposure_meaning(300, 200, 0.5, 0.8) == []


def test_rotation_time_from_feed_over_speed():
    event = one(made.slices(ExposureTime=None))
    assert event.value("rotation_time_s") == 0.5
    assert "feed over speed" in event.known["rotation_time_s"].origin
    unknown = one(made.slices(ExposureTime=None, TableSpeed=None))
    assert unknown.value("rotation_time_s") is None
    assert any("cannot be checked" in line for line in unknown.remarks)


def test_pitch_from_feed_over_collimation():
    assert one(made.slices(SpiralPitchFactor=None)).value("pitch") == 0.8
    remarks = one(made.slices(TableFeedPerRotation=40.0, TableSpeed=80.0)).remarks
    assert any(line.startswith("pitch: 0.8 stated, but") for line in remarks)


def test_sparse_headers_leave_open_what_they_do_not_say():
    event = one(made.slices(maker="sparse"))
    assert event.value("pitch") == 0.8
    for name in ("collimation_mm", "rotation_time_s"):
        assert event.value(name) is None


def test_current_of_each_slice_and_its_mean():
    event = one(made.slices(21, XRayTubeCurrent=lambda k: 100 + 10 * k, CTDIvol=lambda k: 5.0 + 0.5 * k))
    assert event.value("tube_current_ma") == pytest.approx(200)
    assert event.value("ctdi_vol_mgy") == pytest.approx(10.0)
    assert event.currents[0] == (0.0, 100.0)
    assert event.currents[-1] == (100.0, 300.0)
    assert "100 to 300 mA" in event.known["tube_current_ma"].origin
    assert any("CTDIvol follows the current" in line for line in event.remarks)


def test_mean_along_z_weighs_uneven_slices():
    assert mean_along_z([(0.0, 100.0), (10.0, 100.0), (100.0, 300.0)]) == pytest.approx(190.0)
    assert mean_along_z([(5.0, 42.0)]) == 42.0


def test_reconstructions_count_once():
    thick, thin = made.slices(10, step=10.0), made.slices(40, step=2.5)
    event = one(thick, thin)
    assert any("2 series (reconstructions) of one irradiation" in line for line in event.remarks)
    assert event.value("tube_current_ma") == 200


def test_without_event_uid_times_tell_reconstructions_from_phases():
    keys = {"IrradiationEventUID": None}
    first = made.slices(10, **keys)
    again = made.slices(10, **keys, AcquisitionDateTime=lambda k: f"202405311205{k:02d}.000000")
    assert len(events_of(first, made.slices(10, **keys)).events) == 1
    assert len(events_of(first, again).events) == 2
    no_time = {**keys, "AcquisitionDateTime": None}
    found = events_of(made.slices(10, **no_time), made.slices(10, **no_time))
    assert len(found.events) == 1
    assert any("no time of acquisition" in line for line in found.remarks)


def test_another_acquisition_number_or_technique_is_another_acquisition():
    keys = {"IrradiationEventUID": None}
    for change in ({"AcquisitionNumber": 3}, {"SpiralPitchFactor": 1.2}):
        assert len(events_of(made.slices(5, **keys), made.slices(5, **keys, **change)).events) == 2


def test_series_of_two_voltages_at_the_same_time_are_two_tubes_and_later_another_acquisition():
    """Taken for two irradiations, both with the CTDI_vol of the whole, they would count twice."""
    keys = {"IrradiationEventUID": None}
    later = {"AcquisitionDateTime": lambda k: f"202405311205{k:02d}.000000"}
    at_once = events_of(made.slices(5, **keys), made.slices(5, **keys, KVP="80")).events
    assert len(at_once) == 1
    assert "80 and 120 kV" in at_once[0].why["tube_voltage_kv"]
    assert len(events_of(made.slices(5, **keys), made.slices(5, **keys, **later, KVP="80")).events) == 2
    no_time = {**keys, "AcquisitionDateTime": None}
    assert len(events_of(made.slices(5, **no_time), made.slices(5, **no_time, KVP="80")).events) == 2


def test_axial_series_that_number_each_rotation_are_one_acquisition():
    axial = {
        "AcquisitionType": "SEQUENCED",
        "SpiralPitchFactor": None,
        "TableSpeed": None,
        "RevolutionTime": 1.0,
    }
    axial |= {"IrradiationEventUID": None, "AcquisitionNumber": lambda k: k + 1, "TableFeedPerRotation": 40.0}
    event = one(made.slices(8, **axial))
    assert (event.value("mode"), event.value("table_increment_mm"), event.value("pitch")) == (
        "axial",
        40,
        None,
    )


def test_localizers_and_reformatted_images_are_left_out():
    scout = made.slices(2, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"], IrradiationEventUID="1.9")
    coronal = made.slices(3, ImageOrientationPatient=[1, 0, 0, 0, 0, -1])
    found = events_of(scout, made.slices(), coronal)
    assert len(found.events) == 1
    assert found.events[0].value("z_range_mm") == (-2.5, 97.5)
    assert any("1 localizer series left out" in line for line in found.remarks)
    assert any("3 images left out" in line for line in found.remarks)


def test_two_voltages_in_one_acquisition_are_not_chosen_between():
    event = one([*made.slices(5), *made.slices(5, start=25.0, KVP="80")])
    assert event.value("tube_voltage_kv") is None
    assert "80 and 120 kV" in event.why["tube_voltage_kv"]


def test_the_position_is_said():
    event = one(made.slices(PatientPosition="FFP"))
    assert any("FFP, simulated as head-first-supine" in line for line in event.remarks)


def test_enhanced_ct(tmp_path):
    made.write(tmp_path / "s", [made.enhanced()])
    event = read_examination(tmp_path / "s").events[0]
    assert event.value("rotation_time_s") == 0.5
    assert event.value("pitch") == 0.8
    assert event.value("z_range_mm") == (-2.5, 97.5)
    assert len(event.currents) == 20
    assert event.value("tube_current_ma") == pytest.approx(199.5)


@pytest.mark.parametrize(
    ("keyword", "value"),
    [("KVP", "5000"), ("CTDIvol", float("nan")), ("XRayTubeCurrent", "-3"), ("Exposure", "1e300")],
)
def test_numbers_that_no_scanner_means_are_refused(tmp_path, keyword, value):
    from pydicom import config

    with config.disable_value_validation():
        made.write(tmp_path / "s", made.slices(2, **{keyword: value}))
    with pytest.raises(CtdoseError, match=rf"{keyword} \(not a number that a CT scanner can mean\)|damaged"):
        read_examination(tmp_path / "s")


def test_zero_means_not_told():
    event = one(made.slices(CTDIvol=0.0, XRayTubeCurrent="0"))
    assert event.value("ctdi_vol_mgy") is None
    assert event.value("tube_current_ma") is None


@pytest.mark.parametrize(
    ("text", "years"), [("054Y", 54), ("018M", 1.5), ("003W", 0.06), ("", None), ("Y054", None)]
)
def test_ages(text, years):
    assert age_years(text) == years


@pytest.mark.reference
def test_the_reference_series(reference):
    found = read_examination(reference / "ct" / "dicom")
    event = found.events[0]
    assert len(found.events) == 1
    assert (event.value("mode"), event.value("pitch"), event.value("collimation_mm")) == (
        "helical",
        0.8,
        19.2,
    )
    assert event.value("rotation_time_s") == 0.33  # no Revolution Time: 15.3 mm over 46.3 mm/s
    assert event.value("ctdi_vol_mgy") == pytest.approx(18.539, abs=1e-3)
    assert event.value("ctdi_phantom_cm") == 32
    assert event.value("isocentre_mm") == (0.0, -188.0)  # the images are centred elsewhere
    assert any("effective mAs" in line for line in event.remarks)  # 615 mA · 0.33 s is 203 mAs, not 253
    assert len(event.currents) == 20
