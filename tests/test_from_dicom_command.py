"""`ctdose exam from-dicom`: exams that pass the check, what is asked for, and that nobody's name gets through."""

import numpy as np
import pytest

pytest.importorskip("pydicom", reason="needs the extra [dicom]")

import dicom_examinations as made
from ctdose.api import prepare
from ctdose.cli.main import main
from ctdose.exam.library import load_exam
from ctdose.phantoms import Organ, VoxelPhantom
from ctdose.phantoms.anatomy import Anatomy
from ctdose.phantoms.phantom_file import save_phantom
from ctdose.physics.materials import Material

pytestmark = pytest.mark.filterwarnings(
    "ignore::UserWarning"
)  # pydicom's, of the values that the tests make up
DEFLATED = "1.2.840.10008.1.2.1.99"
ENOUGH = ("--scanner", "generic-64", "--phantom", "adult-female", "--bowtie", "body")


@pytest.fixture
def run(tmp_path, capfd, monkeypatch):
    """Run the command; gives exit code, standard output and error."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments):
        code = main(["exam", "from-dicom", *map(str, arguments)])
        out, error = capfd.readouterr()
        assert made.SECRET not in out + error
        assert "19500101" not in out + error
        return code, out, error

    return command


@pytest.fixture
def series(tmp_path):
    return made.write(tmp_path / "series", made.slices(52))


def own_phantom(path, z_range=(-2.5, 257.5)):
    """A block of water that stands for the phantom of the patient's own CT."""
    count = round((z_range[1] - z_range[0]) / 5.0)
    shape = (count, 20, 30)
    index = np.ones(shape, int)
    anatomy = Anatomy("patient", "unknown", False, age="unknown", arms="unknown")
    phantom = VoxelPhantom(
        index,
        [Material("air"), Material("water")],
        (10.0, 10.0, 5.0),
        (-145.0, -107.5, z_range[0] + 2.5),
        index,
        name="patient",
        organs=[Organ(1, "soft_tissue_rest")],
        anatomy=anatomy,
    )
    save_phantom(phantom, path)
    return path


def test_without_an_output_it_shows_what_is_there(run, series):
    code, out, error = run(series)
    assert code == 0
    rows = [line.split("\t") for line in out.splitlines()]
    assert rows[1][:6] == ["1", "helical", "chest", "120", "40", "0.8"]
    assert "effective mAs" in error


def test_an_exam_of_a_series(run, series, tmp_path):
    code, _, error = run(series, "-o", "mine.yaml", *ENOUGH)
    assert code == 0, error
    text = (tmp_path / "mine.yaml").read_text()
    assert made.SECRET not in text
    for word in ("1.2.3.4", "2024", "1950", "71.5", "0054", "female-1"):
        assert word not in text
    exam = load_exam(tmp_path / "mine.yaml")
    acquisition = exam.acquisitions[0]
    assert (acquisition.mode, acquisition.pitch, acquisition.rotation_time_s) == ("helical", 0.8, 0.5)
    assert (acquisition.ctdi_vol_mgy, acquisition.ctdi_phantom_cm) == (9.75, 32)
    assert acquisition.scan_range == "chest"
    assert acquisition.irradiation_event_uid is None
    assert exam.subject is None
    values = [line for line in text.split("\n\n", 1)[1].splitlines() if not line.endswith(":")]
    assert all(" # " in line for line in values)
    assert "only suggested by header (0018,0015) Body Part Examined" in " ".join(
        text.replace("#", "").split()
    )
    assert prepare(exam).resolved.plans["adult-female"][0].ctdi_phantom_cm == 32


def test_everything_that_is_missing_is_asked_for_at_once(run, tmp_path):
    folder = made.write(
        tmp_path / "s", made.slices(5, maker="sparse", phantom=None, BodyPartExamined="WHOLEBODY")
    )
    code, out, error = run(folder, "-o", "mine.yaml")
    assert (code, out) == (2, "")
    assert "Give --scanner: generic-" in error
    assert "generic-64" in error
    assert "Give --phantom: adult" in error
    code, _, error = run(folder, "-o", "mine.yaml", "--scanner", "generic-64", "--phantom", "adult")
    assert code == 2
    for option in ("bowtie", "collimation-mm", "rotation-time-s", "scan-range", "ctdi-phantom-cm"):
        assert sum(f"Give --{option}" in line for line in error.splitlines()) == 1, option
    assert not (tmp_path / "mine.yaml").exists()
    code, _, error = run(
        *(folder, "-o", "mine.yaml", "--scanner", "generic-64", "--phantom", "adult", "--bowtie", "body"),
        *(
            "--collimation-mm",
            "40",
            "--rotation-time-s",
            "0.5",
            "--scan-range",
            "chest",
            "--ctdi-phantom-cm",
            "32",
        ),
    )
    assert code == 0, error


def test_what_the_scanner_lacks_is_refused_or_the_nearest_on_request(run, tmp_path):
    folder = made.write(
        tmp_path / "s",
        made.slices(52, TotalCollimationWidth=38.4, TableFeedPerRotation=30.72, TableSpeed=61.44),
    )
    code, _, error = run(folder, "-o", "mine.yaml", *ENOUGH)
    assert code == 2
    assert (
        "collimation_mm=38.4 (header (0018,9307) Total Collimation Width; generic-64 has 40, 20, 10, 5)"
        in error
    )
    assert not (tmp_path / "mine.yaml").exists()
    code, _, error = run(folder, "-o", "mine.yaml", *ENOUGH, "--nearest")
    assert code == 0
    assert "collimation_mm: 38.4 was used, generic-64 has 40, 20, 10, 5: 40 is simulated" in error


def test_with_the_nearest_rotation_time_the_mas_are_kept(run, tmp_path):
    changes = {"ExposureTime": 330, "TableSpeed": 32.0 / 0.33, "Exposure": None}
    folder = made.write(tmp_path / "s", made.slices(52, **changes))
    assert run(folder, "-o", "mine.yaml", *ENOUGH, "--nearest", "--output-by", "current")[0] == 0
    acquisition = load_exam(tmp_path / "mine.yaml").acquisitions[0]
    assert acquisition.rotation_time_s == 0.35
    assert acquisition.tube_current_ma * 0.35 == pytest.approx(200 * 0.33, rel=1e-4)


def test_a_suggested_region_of_another_length_is_refused(run, tmp_path):
    folder = made.write(tmp_path / "s", made.slices(100))
    code, _, error = run(folder, "-o", "mine.yaml", *ENOUGH)
    assert code == 2
    assert "scan_range=chest (suggested by" in error
    assert "the examination 500 mm). Give --scan-range." in error
    assert run(folder, "-o", "mine.yaml", *ENOUGH, "--scan-range", "abdomen-pelvis")[0] == 0


def test_the_patients_own_ct(run, tmp_path):
    folder = made.write(tmp_path / "s", made.slices(52, XRayTubeCurrent=lambda k: 150 + 2 * k))
    own_phantom(tmp_path / "patient.h5")
    code, _, error = run(
        folder, "-o", "mine.yaml", *ENOUGH[:2], "--phantom", "patient.h5", "--bowtie", "body"
    )
    assert code == 0, error
    exam = load_exam(tmp_path / "mine.yaml")
    assert exam.acquisitions[0].scan_range == (-2.5, 257.5)
    assert exam.isocentre_mm == (0.0, -12.5)
    assert exam.acquisitions[0].modulation_options.z_mm[:2] == [0.0, 5.0]
    plan = prepare(exam).resolved.plans["patient"][0]
    assert plan.modulation is not None
    assert plan.modulation.max_ma / plan.modulation.min_ma == pytest.approx(252 / 150, rel=0.03)
    assert "is it the CT of this examination?" in error
    own_phantom(tmp_path / "other.h5", (400.0, 660.0))
    code, _, error = run(folder, "-o", "no.yaml", *ENOUGH[:2], "--phantom", "other.h5", "--bowtie", "body")
    assert code == 2
    assert "another CT, or cut" in error


def test_z_of_slices_mean_nothing_in_another_phantom(run, series):
    code, _, error = run(series, "-o", "mine.yaml", *ENOUGH, "--scan-range", "images")
    assert code == 2
    assert "scan_range=images (the phantom is not this patient's own CT)" in error


def test_a_report_with_several_events(run, tmp_path):
    scout = made.event(
        mode="113805", uid="1.1", pitch=None, nt=5.0, ctdi=0.1, dlp=3.0, length=300.0, rotation=None
    )
    bolus = made.event(
        mode="113806", uid="1.2", pitch=None, nt=10.0, length=10.0, time=1.5, ctdi=3.6, dlp=3.6
    )
    head = made.event(
        uid="1.3", region="T-D1100", phantom="113690", nt=20.0, pitch=0.5, time=8.0, length=160.0, dlp=156.0
    )
    made.save(tmp_path / "r.dcm", made.report(scout, bolus, made.event(uid="1.4"), head, total=425.85))
    options = ("--scanner", "generic-64", "--phantom", "adult", "--bowtie", "body", "--bowtie", "4=head")
    code, out, error = run("r.dcm", "-o", "mine.yaml", *options, "--scan-range", "2=heart")
    assert code == 0, error
    assert len(out.splitlines()) == 5
    assert "1 localizers left out, DLP 3 mGy·cm in all" in error
    exam = load_exam(tmp_path / "mine.yaml")
    assert [a.name for a in exam.acquisitions] == ["stationary-2", "helical-3", "helical-4"]
    assert [a.bowtie for a in exam.acquisitions] == ["body", "body", "head"]
    assert [a.ctdi_phantom_cm for a in exam.acquisitions] == [32, 32, 16]
    assert exam.acquisitions[0].rotations == 3
    assert run("r.dcm", "-o", "few.yaml", *options, "--only", "3")[0] == 0
    assert [a.name for a in load_exam(tmp_path / "few.yaml").acquisitions] == ["helical-3"]
    code, _, error = run("r.dcm", "-o", "all.yaml", *options, "--scan-range", "2=heart", "--with-localizers")
    assert code == 0, error
    localizer = load_exam(tmp_path / "all.yaml").acquisitions[0]
    assert (localizer.mode, localizer.ctdi_vol_mgy, localizer.gantry_angle_deg) == ("localizer", 0.1, 0)
    assert "gantry_angle_deg: no file tells" in error


def test_one_rotation_of_a_wide_beam(run, tmp_path):
    """As long as the beam is wide: no table increment is asked for; a longer one needs it."""
    keys = {"mode": "113804", "region": None, "pitch": None, "rotation": 0.35, "time": 0.35, "nt": 120.0}
    given = ("--scanner", "generic-wide", "--phantom", "adult-male", "--bowtie", "body")
    given += ("--scan-range", "410,530")
    made.save(tmp_path / "one.dcm", made.report(made.event(**keys, length=120.0, dlp=117.0)))
    code, _, error = run("one.dcm", "-o", "one.yaml", *given)
    assert code == 0, error
    acquisition = load_exam(tmp_path / "one.yaml").acquisitions[0]
    assert (acquisition.mode, acquisition.table_increment_mm, acquisition.ctdi_vol_mgy) == (
        "axial",
        None,
        9.75,
    )
    assert "table_increment_mm: none, as the collimation covers what was scanned" in error
    made.save(tmp_path / "two.dcm", made.report(made.event(**keys, length=240.0, dlp=234.0)))
    code, _, error = run("two.dcm", "-o", "two.yaml", *given)
    assert code == 2
    assert "Give --table-increment-mm" in error


def test_a_filter_that_the_header_tells_of_is_asked_for(run, tmp_path):
    made.write(tmp_path / "s", made.slices(52, FilterMaterial=["ALUMINUM", "TIN"]))
    code, _, error = run("s", "-o", "mine.yaml", *ENOUGH)
    assert code == 2
    assert "filter (header (0018,7050) Filter Material says tin, and not which filter" in error
    assert "Give --filter: tin-0.4 or tin-0.6 or none." in error
    given = ("--filter", "tin-0.4", "--output-by", "current")  # generic-64 states no CTDI_w behind tin
    assert run("s", "-o", "mine.yaml", *ENOUGH, *given)[0] == 0
    assert load_exam(tmp_path / "mine.yaml").acquisitions[0].filter == "tin-0.4"
    code, _, error = run("s", "-o", "other.yaml", *ENOUGH, "--filter", "none")
    assert code == 0, error
    assert "has no effect" not in error
    assert load_exam(tmp_path / "other.yaml").acquisitions[0].filter is None
    made.write(tmp_path / "plain", made.slices(52, FilterMaterial="ALUMINUM"))
    code, _, error = run("plain", "-o", "plain.yaml", *ENOUGH)
    assert code == 0, error


def test_options_without_effect_are_said(run, series, tmp_path):
    given = (
        "--pitch",
        "0.8",
        "--rotations",
        "2",
        "--tube-current-ma",
        "1=150",
        "--second-tube-filter",
        "none",
    )
    code, _, error = run(series, "-o", "mine.yaml", *ENOUGH, *given)
    assert code == 0, error
    lines = [line for line in error.splitlines() if "has no effect" in line]
    assert lines == [
        "--tube-current-ma: has no effect on acquisition 1",
        "--rotations: has no effect on any acquisition",
        "--second-tube-filter: has no effect on any acquisition",
    ]
    assert "--rotations: has no effect" in (tmp_path / "mine.yaml").read_text()
    code, _, error = run(
        series, "-o", "other.yaml", *ENOUGH, "--tube-current-ma", "150", "--output-by", "current"
    )
    assert code == 0, error
    assert "has no effect" not in error


def test_persons_only_on_request(run, series, tmp_path):
    code, _, error = run(
        series, "-o", "mine.yaml", *ENOUGH, "--with-subject", "--subject-key", "P-7", "--with-uid"
    )
    assert code == 0, error
    exam = load_exam(tmp_path / "mine.yaml")
    subject = exam.subject
    assert (subject.key, subject.age_years, subject.sex) == ("P-7", 54, "female")
    assert (subject.height_cm, subject.weight_kg) == (168, 71.5)
    assert exam.acquisitions[0].irradiation_event_uid == "1.2.3.4"


WRONG = {
    "missing/": "missing: no such file or folder",
    "series -o mine.txt": "output=mine.txt (not an exam file). Name a file that ends with .yaml.",
    "series -o there.yaml": "output=there.yaml (exists). Add --overwrite",
    "series -o no/mine.yaml": "output=no/mine.yaml (no folder no)",
    "series -o mine.yaml --output-by dose": "output_by=dose (unknown). One of ctdi_vol, current.",
    "series -o mine.yaml --pitch x": "pitch=x",
    "series -o mine.yaml --pitch 0": "pitch=0 (must be above 0)",
    "series -o mine.yaml --pitch 1=1 --pitch 1=2": "pitch=1=2 (a second value for the same acquisition)",
    "series -o mine.yaml --pitch a=1": "pitch=a=1 (no number of an acquisition)",
    "series -o mine.yaml --bowtie 7=head": "--bowtie 7 (no such acquisition). They are numbered from 1 to 1.",
    "series -o mine.yaml --only 2": "--only 2 (no such acquisition)",
    "series -o mine.yaml --ctdi-phantom-cm 20": "ctdi_phantom_cm=20 (no CTDI phantom)",
    "series -o mine.yaml --scan-range 1,2,3": "scan_range=1,2,3 (not two numbers)",
    "series -o mine.yaml --scanner nobody": "scanner=nobody",
    "series -o mine.yaml --phantom nobody": "phantom='nobody'",
    "notes.txt": "notes.txt: not a DICOM file",
    "empty": "empty: neither CT images nor a CT dose report in it.",
    "damaged": "damaged: a damaged or truncated DICOM file in it. Copy it again.",
    "deflated": "deflated: a deflated DICOM file. Store it without compression first.",
    "other": "other: a report without CT irradiation events.",
    "scouts": "scouts: images of no axial acquisition.",
    "badnumber": "113733 KVP (not a number that a CT scanner can mean)",
}


@pytest.mark.parametrize("arguments", WRONG)
def test_wrong_input_is_one_line(run, series, tmp_path, arguments):
    (tmp_path / "there.yaml").write_text("exam: mine\n")
    (tmp_path / "notes.txt").write_text("nothing")
    for name in ("empty", "damaged", "deflated", "other", "badnumber"):
        (tmp_path / name).mkdir()
    whole = min(series.iterdir()).read_bytes()
    (tmp_path / "damaged" / f"{made.SECRET}.dcm").write_bytes(whole[:400])
    made.save(tmp_path / "deflated" / "a.dcm", made.slices(1)[0], DEFLATED)
    made.save(tmp_path / "other" / "a.dcm", made.report())
    made.save(tmp_path / "badnumber" / "a.dcm", made.report(made.event(kv=(199,))))
    made.change(tmp_path / "badnumber" / "a.dcm", b"199 ", b"1x9 ")
    made.write(tmp_path / "scouts", made.slices(2, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"]))
    before = sorted(tmp_path.rglob("*"))
    code, out, error = run(*arguments.split())
    assert (code, out) == (2, "")
    assert WRONG[arguments] in error.splitlines()[0]
    if "Give --scanner" not in error:
        assert len(error.splitlines()) == 1
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "there.yaml").read_text() == "exam: mine\n"


def test_pydicom_is_an_extra(run, series, monkeypatch):
    import builtins

    real = builtins.__import__

    def refuse(name, *rest, **keywords):
        if name.split(".")[0] == "pydicom":
            raise ModuleNotFoundError(name)
        return real(name, *rest, **keywords)

    monkeypatch.setattr(builtins, "__import__", refuse)
    code, _, error = run(series)
    assert code == 2
    assert 'pip install "ctdose[dicom]"' in error
