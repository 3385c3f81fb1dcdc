"""CT dose reports: what is read, and how contradictions within them are found."""

import pytest

pytest.importorskip("pydicom", reason="needs the extra [dicom]")

import dicom_examinations as made
from ctdose.errors import CtdoseError
from ctdose.exam.dicom.codes import codes, region_of
from ctdose.exam.dicom.dose_report import report_events
from ctdose.exam.dicom.examination import read_examination
from ctdose.phantoms.anatomy import SCAN_REGIONS

pytestmark = pytest.mark.filterwarnings(
    "ignore::UserWarning"
)  # pydicom's, of the values that the tests make up


def one(**changes):
    return report_events(made.report(made.event(**changes))).events[0]


def test_codes_are_those_of_the_standard():
    from pydicom.sr._concepts_dict import concepts

    known = {code: meaning for each in concepts["DCM"].values() for code, (meaning, _) in each.items()}
    for concept in codes()["concepts"].values():
        assert known[concept["code"]].lower() == concept["name"].lower()
    for pair in codes()["dose_check"].values():
        assert "Forward Estimate" in known[pair["value"]]
        assert known[pair["limit"]].endswith("Value")
    assert known["113690"] == "IEC Head Dosimetry Phantom"
    assert known["113691"] == "IEC Body Dosimetry Phantom"
    snomed = {code: meaning for each in concepts["SCT"].values() for code, (meaning, _) in each.items()}
    for region, words in codes()["regions"].items():
        assert region in SCAN_REGIONS
        assert any(word in snomed for word in words), region
    assert concepts["SCT"]["SpiralAcquisition"].keys() == {"116152004"}


def test_regions_of_words_and_codes():
    assert region_of("chest") == region_of("T-D3000") == region_of("816094009") == "chest"
    assert region_of("PARTIALBODY") is None
    assert region_of("T-D0010") is None  # the entire body: no region of ours


def test_a_helical_event():
    event = one()
    expected = {"mode": "helical", "region": "chest", "tube_voltage_kv": 120, "tube_current_ma": 200}
    expected |= {"collimation_mm": 40, "pitch": 0.8, "rotation_time_s": 0.5, "ctdi_vol_mgy": 9.75}
    expected |= {"ctdi_phantom_cm": 32, "dlp_mgy_cm": 263.25, "scanning_length_mm": 270, "length_mm": 270}
    assert {name: event.value(name) for name in expected} == expected
    assert event.remarks == []
    assert event.known["pitch"].origin == "dose report 113828 Pitch Factor"


@pytest.mark.parametrize(
    ("code", "mode"),
    [
        ("116152004", "helical"),
        ("113804", "axial"),
        ("113805", "localizer"),
        ("113806", "stationary"),
        ("113807", None),
    ],
)
def test_modes(code, mode):
    assert one(mode=code).value("mode") == mode


def test_head_phantom_and_none():
    assert one(phantom="113690").value("ctdi_phantom_cm") == 16
    assert one(phantom="113692").value("ctdi_phantom_cm") is None
    assert one(phantom=None).value("ctdi_phantom_cm") is None


def test_a_stationary_event():
    event = one(mode="113806", pitch=None, length=10.0, nt=10.0, time=1.5, ctdi=3.61, dlp=3.61)
    assert event.value("rotations") == 3
    assert event.remarks == []
    wrong = one(mode="113806", pitch=None, length=10.0, nt=10.0, time=1.5, ctdi=3.61, dlp=36.1)
    assert any("DLP over CTDI_vol is 100 mm, but nT is 10 mm" in line for line in wrong.remarks)


def test_dlp_must_follow_from_ctdi_vol_and_length():
    assert any("scanning length 270" in line for line in one(dlp=400.0, nt=None).remarks)
    assert one(dlp=263.25, dlp_unit="mGycm").remarks == []


def test_what_the_scanning_length_means_follows_from_dlp():
    assert one().is_travel
    assert not one(length=220.0).is_travel  # DLP over CTDI_vol is 270 mm: over-ranging is left out
    assert not one(extra=[made.number_item("113893", 240.0, "mm")]).is_travel


def test_an_image_thickness_in_place_of_the_collimation_is_found():
    event = one(nt=5.0)
    assert event.value("collimation_mm") is None
    assert event.why["collimation_mm"].startswith("5 mm stated, but DLP, CTDI_vol, pitch and times give 40")


def test_times_of_no_scan_are_not_used_for_that():
    event = one(nt=24.0, time=11912.0)
    assert event.value("collimation_mm") == 24
    assert any("11912 s is no time of a scan" in line for line in event.remarks)


def test_a_second_value_is_said():
    event = one(extra=[made.number_item("113828", 1.2, "{ratio}")])
    assert event.value("pitch") == 0.8
    assert "pitch: the event states 0.8, 1.2; the first is used" in event.remarks
    assert one(extra=[made.number_item("113828", 0.8, "{ratio}")]).remarks == []


def test_units():
    assert one(extra=[made.number_item("113893", 25.0, "cm")]).value("length_mm") == 250
    with pytest.raises(CtdoseError, match=r"113838 DLP \(in mGy, not mGy.cm\)"):
        one(dlp_unit="mGy")


def test_reconstructable_volume_and_its_z():
    extra = [made.number_item("113893", 240.0, "mm"), made.number_item("113895", 40.0, "mm")]
    extra.append(made.number_item("113896", -200.0, "mm"))
    event = one(extra=extra)
    assert event.value("length_mm") == 240
    assert event.value("z_range_mm") == (-200, 40)


def test_dose_check_is_said():
    extra = [made.number_item("113904", 8.0, "mGy"), made.number_item("113906", 9.75, "mGy")]
    assert "dose check: CTDI_vol alert value 8 exceeded (9.75)" in one(extra=extra).remarks


def test_total_and_number_of_events_are_checked():
    two = report_events(made.report(made.event(), made.event(uid="1.2.3.5"), total=526.5))
    assert two.remarks == []
    wrong = report_events(made.report(made.event(), total=526.5))
    assert any("total DLP 526.5 mGy·cm, but the events sum to 263.25" in line for line in wrong.remarks)


@pytest.mark.parametrize("value", ["nan", "1e9", "-4", ""])
def test_malformed_numbers(value):
    with pytest.raises(CtdoseError, match=r"113733 KVP \(not a number that a CT scanner can mean\)"):
        one(kv=(value,), ma=(200,))


def test_letters_for_a_number(tmp_path):
    path = made.save(tmp_path / "r.dcm", made.report(made.event(kv=(199,))))
    made.change(path, b"199 ", b"1x9 ")
    with pytest.raises(CtdoseError, match=r"113733 KVP \(not a number that a CT scanner can mean\)"):
        read_examination(path)


def test_nesting_without_end_is_refused():
    inner = made.event()
    for _ in range(60):
        outer = made.event()
        outer.ContentSequence.append(inner)
        inner = outer
    with pytest.raises(CtdoseError, match="nested too deeply"):
        report_events(made.report(inner))


def test_images_and_report_are_one_examination(tmp_path):
    folder = made.write(tmp_path / "study", made.slices(54))
    scout = made.event(
        mode="113805", uid="1.9", pitch=None, nt=3.6, ctdi=0.1, dlp=4.0, length=400.0, rotation=None
    )
    made.save(folder / "report.dcm", made.report(scout, made.event(ctdi=9.5, dlp=256.5), total=260.5))
    found = read_examination(folder)
    assert [event.value("mode") for event in found.events] == ["localizer", "helical"]
    event = found.events[1]
    assert event.value("ctdi_vol_mgy") == 9.5
    assert event.known["ctdi_vol_mgy"].origin.startswith("dose report")
    assert event.known["pitch"].origin.startswith("header")
    assert event.value("z_range_mm") == (-2.5, 267.5)
    assert len(event.currents) == 54


def test_a_report_of_another_examination_is_told_apart(tmp_path):
    folder = made.write(tmp_path / "study", made.slices(5))
    made.save(folder / "report.dcm", made.report(made.event(uid="1.7")))
    found = read_examination(folder)
    assert len(found.events) == 1
    assert any("share no irradiation event UID" in line for line in found.remarks)


def test_a_report_sent_twice_counts_once(tmp_path):
    folder = tmp_path / "reports"
    folder.mkdir()
    made.save(folder / "1.dcm", made.report(made.event()))
    made.save(folder / "2.dcm", made.report(made.event(), made.event(uid="1.2.3.5")))
    assert len(read_examination(folder).events) == 2


@pytest.mark.reference
def test_reports_of_four_makers(reference):
    events = {}
    for path in sorted((reference / "rdsr").iterdir()):
        events[path.stem] = [e for e in read_examination(path).events if e.value("mode") != "localizer"]
    optima = events["CT-ESR-GE_Optima"]
    assert [event.value("pitch") for event in optima] == [1.38, 0.98]
    assert all("collimation_mm" in event.why for event in optima)  # 5 mm stated, 40 mm used
    flash = events["CT-RDSR-Siemens_Flash-TAP-SS"]
    assert [event.value("mode") for event in flash] == ["stationary", "stationary", "helical"]
    assert [event.value("rotations") for event in flash[:2]] == [1, 3]
    assert flash[2].value("ctdi_vol_mgy") == 9.91
    toshiba = events["CT-RDSR-Toshiba_DoseCheck"]
    assert [event.value("length_mm") for event in toshiba] == [420, 420]
    assert all(any("dose check: DLP alert value" in line for line in event.remarks) for event in toshiba)
    assert events["CT-RDSR-Philips_BigBore4DCT"][0].value("collimation_mm") == 24
