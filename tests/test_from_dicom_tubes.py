"""Two tubes, and a switched voltage, in dose reports and headers: as an exam with two beams, or one clear line."""

import pytest

pytest.importorskip("pydicom", reason="needs the extra [dicom]")

import dicom_examinations as made
from ctdose.api import prepare
from ctdose.cli.main import main
from ctdose.exam.beam_choice import ctdi_w_of
from ctdose.exam.dicom.dose_report import report_events
from ctdose.exam.dicom.examination import read_examination
from ctdose.exam.dicom.frames import frames_of
from ctdose.exam.dicom.image_events import image_events
from ctdose.exam.dose_indices import dose_indices
from ctdose.exam.library import load_exam

pytestmark = pytest.mark.filterwarnings(
    "ignore::UserWarning"
)  # pydicom's, of the values that the tests make up
DUAL = {"kv": (100, 140), "ma": (200, 150), "nt": 38.4, "pitch": 0.6, "time": 5.859}
KEYS = (
    *("tube_voltage_kv", "tube_current_ma", "second_tube_voltage_kv", "second_tube_current_ma"),
    *("switched_tube_voltage_kv", "switched_tube_current_ma"),
)


def one(**changes):
    return report_events(made.report(made.event(**changes))).events[0]


def tubes(event):
    return tuple(event.value(key) for key in KEYS)


def test_two_tubes_of_a_report():
    assert tubes(one(kv=(120,), ma=(200,))) == (120, 200, None, None, None, None)
    assert tubes(one(kv=(120, 120), ma=(150, 50))) == (120, 150, 120, 50, None, None)
    event = one(kv=(80, 150), ma=(300, 150))
    assert tubes(event) == (80, 300, 150, 150, None, None)
    assert event.known["second_tube_voltage_kv"].origin == "dose report 113733 KVP"


def test_two_voltages_of_one_tube_are_switched():
    expected = (140, 300, None, None, 80, 250)
    assert tubes(one(kv=(140, 80), ma=(300, 250), sources=1)) == expected
    assert tubes(one(kv=(140, 80), ma=(300, 250), sources=None, names="AA")) == expected
    assert tubes(one(kv=(140, 80), ma=(300, 250), sources=None, names="AB"))[2] == 80


def test_one_tube_described_twice_is_one():
    assert tubes(one(kv=(120, 120), ma=(150, 150), sources=1)) == (120, 150, None, None, None, None)
    event = one(kv=(120, 120), ma=(150, 50), sources=1)
    assert tubes(event) == (120, None, None, None, None, None)
    assert "described twice" in event.why["tube_current_ma"]


def test_three_sources_are_not_chosen_between():
    event = one(kv=(80, 100, 140), ma=(1, 2, 3), names="ABC")
    assert tubes(event) == (None,) * 6
    assert "3 X-ray sources of 80, 100, 140 kV" in event.why["tube_voltage_kv"]


def additional(kv, ma):
    return [made.number_set(KVP=kv, XRayTubeCurrentInmA=ma)]


def test_the_additional_source_of_a_slice_is_the_second_tube():
    source = additional(140, 150.0)
    images = made.slices(5, KVP="100", CTAdditionalXRaySourceSequence=source)
    event = image_events(frame for image in images for frame in frames_of(image)).events[0]
    assert tubes(event) == (100, 200, 140, 150, None, None)
    assert "(0018,9360)" in event.known["second_tube_voltage_kv"].origin
    image = made.enhanced(3)
    image.PerFrameFunctionalGroupsSequence[1].CTAdditionalXRaySourceSequence = source
    event = image_events(frames_of(image)).events[0]
    assert event.value("second_tube_voltage_kv") == 140


def test_every_voltage_of_a_multi_energy_image_is_seen():
    image = made.enhanced(3)
    shared = image.SharedFunctionalGroupsSequence[0]
    shared.CTXRayDetailsSequence = [made.number_set(KVP=kv) for kv in (80.0, 140.0)]
    event = image_events(frames_of(image)).events[0]
    assert "80 and 140 kV in one acquisition" in event.why["tube_voltage_kv"]
    assert "a mean over 80 and 140 kV" in event.why["tube_current_ma"]
    assert event.currents == []


def test_the_report_tells_what_the_series_of_each_tube_cannot(tmp_path):
    series = [*made.slices(5, KVP="100"), *made.slices(5, KVP="140", XRayTubeCurrent="150")]
    folder = made.write(tmp_path / "s", series)
    made.save(folder / "report.dcm", made.report(made.event(kv=(100, 140), ma=(210, 155))))
    event = read_examination(folder).events[0]
    assert tubes(event) == (100, 210, 140, 155, None, None)
    assert "tube_voltage_kv" not in event.why


@pytest.fixture
def run(tmp_path, capfd, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def command(event, *arguments, scanner="generic-dual-source"):
        made.save(tmp_path / "r.dcm", made.report(event))
        given = ("--scanner", scanner, "--phantom", "adult-female", "--bowtie", "body", *arguments)
        code = main(["exam", "from-dicom", "r.dcm", "-o", "mine.yaml", "--overwrite", *given])
        out, error = capfd.readouterr()
        assert made.SECRET not in out + error
        return code, error if code else out + error

    return command


def test_a_dual_energy_report_becomes_two_tubes(run, tmp_path):
    """CTDI_vol of both stays what the report says; currents share it out as their outputs do."""
    code, said = run(made.event(**DUAL), "--second-tube-filter", "tin-0.4")
    assert code == 0, said
    assert "\t100+140\t" in said
    exam = load_exam(tmp_path / "mine.yaml")
    plan = prepare(exam).resolved.plans["adult-female"][0]
    assert [(beam.tube_voltage_kv, beam.filter) for beam in plan.beams] == [(100, None), (140, "tin-0.4")]
    assert plan.beam_mas(1) / plan.beam_mas(0) == pytest.approx(150 / 200)
    scanner = prepare(exam).resolved.scanner
    outputs = [ctdi_w_of(scanner, beam, 32) for beam in plan.beams]
    assert dose_indices(plan, outputs).ctdi_vol_mgy == pytest.approx(9.75)
    # by hand: 9.75 mGy · 0.6 = (4.00 + 0.75 · 3.277) mGy per 100 mAs of the first tube
    assert plan.beam_mas(0) / plan.rotations == pytest.approx(100 * 9.75 * 0.6 / (4.0 + 0.75 * 3.277))
    text = (tmp_path / "mine.yaml").read_text()
    assert "current_ratio: 0.75" in text
    assert "given with --second-tube-filter" in text
    assert "bowtie is taken to be that of the first" in text


def test_the_current_of_each_tube(run, tmp_path):
    code, said = run(made.event(**DUAL), "--second-tube-filter", "none", "--output-by", "current")
    assert code == 0, said
    plan = prepare(load_exam(tmp_path / "mine.yaml")).resolved.plans["adult-female"][0]
    assert plan.tube_current_ma == 200
    assert plan.mas_per_rotation == pytest.approx((200 + 150) * 0.5)


def test_high_pitch_of_two_equal_tubes(run, tmp_path):
    event = made.event(
        kv=(120, 120),
        ma=(250, 250),
        nt=38.4,
        pitch=3.2,
        rotation=0.28,
        time=0.911,
        ctdi=3.0,
        dlp=120.0,
        length=400.0,
    )
    code, said = run(event)
    assert code == 0, said
    acquisition = load_exam(tmp_path / "mine.yaml").acquisitions[0]
    assert (acquisition.pitch, acquisition.second_tube.current_ratio) == (3.2, 1.0)
    assert acquisition.second_tube.tube_voltage_kv is None


def test_equal_tubes_on_a_scanner_of_one_are_one_with_the_sum(run, tmp_path):
    event = made.event(kv=(120, 120), ma=(150, 50))
    code, said = run(event, "--output-by", "current", scanner="generic-64")
    assert code == 0, said
    assert load_exam(tmp_path / "mine.yaml").acquisitions[0].tube_current_ma == 200
    assert "2 X-ray sources: simulated as one tube of 120 kV" in said


WRONG = {
    (
        "generic-64",
        (),
    ): "second_tube (100 and 140 kV by two tubes; generic-64 has one tube). Give a dual-source",
    ("generic-dual-source", ()): "Give --second-tube-filter: tin-0.4 or tin-0.6 or none.",
    (
        "generic-dual-source",
        ("--second-tube-filter", "copper"),
    ): "no filter of the second tube of generic-dual-source",
    (
        "generic-dual-source",
        ("--second-tube-filter", "none", "--second-tube-voltage-kv", "135"),
    ): "second_tube_voltage_kv=135 (given with --second-tube-voltage-kv; generic-dual-source has",
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_simulated_is_one_line(run, tmp_path, case):
    scanner, arguments = case
    changes = DUAL if scanner != "generic-64" else {**DUAL, "nt": 40.0, "time": 5.625}
    code, said = run(made.event(**changes), *arguments, scanner=scanner)
    assert code == 2
    assert WRONG[case] in said
    assert len(said.splitlines()) == 1
    assert not (tmp_path / "mine.yaml").exists()


def test_one_voltage_given_makes_one_tube(run, tmp_path):
    event = made.event(**{**DUAL, "nt": 40.0, "time": 5.625})
    code, said = run(event, "--tube-voltage-kv", "120", scanner="generic-64")
    assert code == 0, said
    acquisition = load_exam(tmp_path / "mine.yaml").acquisitions[0]
    assert (acquisition.tube_voltage_kv, acquisition.second_tube) == (120, None)
    assert acquisition.ctdi_vol_mgy == 9.75


SWITCHED = {"kv": (140, 80), "ma": (300, 250), "sources": 1}


def test_a_switched_voltage(run, tmp_path):
    """60 % of the time at 80 kV and 250 mA: 150 of 0.4 · 300 + 150 = 270 mA in the mean."""
    code, said = run(made.event(**SWITCHED), scanner="generic-wide")
    assert code == 2
    assert "Give --switched-time-fraction: the share of the time at it" in said
    arguments = ("--switched-time-fraction", "0.6", "--output-by", "current")
    code, said = run(made.event(**SWITCHED), *arguments, scanner="generic-wide")
    assert code == 0, said
    acquisition = load_exam(tmp_path / "mine.yaml").acquisitions[0]
    assert (acquisition.tube_voltage_kv, acquisition.switched_tube_voltage_kv) == (140, 80)
    assert acquisition.switched_mas_fraction == pytest.approx(150 / 270, abs=1e-5)
    assert acquisition.tube_current_ma == pytest.approx(270)
    code, said = run(made.event(**SWITCHED), *arguments[:2], scanner="generic-wide")
    assert code == 0, said
    assert load_exam(tmp_path / "mine.yaml").acquisitions[0].ctdi_vol_mgy == 9.75


def test_two_series_of_two_tubes_by_hand(run, tmp_path, monkeypatch):
    """Without a dose report everything of the tubes can be given."""
    series = [*made.slices(50, KVP="100"), *made.slices(50, KVP="140", XRayTubeCurrent="150")]
    nt = {"TotalCollimationWidth": 38.4, "TableFeedPerRotation": 30.72, "TableSpeed": 61.44}
    for image in series:
        for name, value in nt.items():
            setattr(image, name, value)
    made.write(tmp_path / "s", series)
    given = ["--scanner", "generic-dual-source", "--phantom", "adult-female", "--bowtie", "body"]
    assert main(["exam", "from-dicom", "s", "-o", "mine.yaml", *given]) == 2
    given += ["--tube-voltage-kv", "100", "--tube-current-ma", "200", "--second-tube-voltage-kv", "140"]
    given += ["--second-tube-current-ma", "150", "--second-tube-filter", "tin-0.4"]
    monkeypatch.chdir(tmp_path)
    assert main(["exam", "from-dicom", "s", "-o", "mine.yaml", *given]) == 0
    tube = load_exam(tmp_path / "mine.yaml").acquisitions[0].second_tube
    assert (tube.tube_voltage_kv, tube.filter, tube.current_ratio) == (140, "tin-0.4", 0.75)
