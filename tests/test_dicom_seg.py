"""Organ labels as a DICOM SEG: the same phantom as from NIfTI labels; what is not of this CT is refused in one line."""

import builtins
import shutil

import numpy as np
import pytest

import patient_files as files
from ctdose.cli.main import main
from ctdose.errors import CtdoseError
from ctdose.phantoms.patient.build import build_patient
from ctdose.phantoms.patient.label_map import read_label_map
from ctdose.phantoms.patient.labelled_organ import KINDS
from ctdose.phantoms.patient.options import Options
from ctdose.phantoms.patient.segment_map import read_codes

pytest.importorskip("nibabel", reason="needs the extra [nifti]")
pytest.importorskip("highdicom", reason="needs the extra [dicom]")

HU, LABELS = files.make_patient()
NUMBERS = list(files.SEGMENTS)
ROWS = list(files.SEGMENTS.values())
MASKS = files.masks_of(LABELS, NUMBERS)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A series, its labels as NIfTI, and the phantom of both."""
    folder = tmp_path_factory.mktemp("seg")
    series = files.write_dicom(folder / "series", HU)
    labels = files.write_nifti(folder / "labels.nii.gz", LABELS)
    return series, build_patient(series, Options(labels=labels)).phantom


def patient_of(made, tmp_path, masks, segments, label_map=None, **more):
    seg = files.write_seg(tmp_path / "seg.dcm", made[0], masks, segments, **more)
    return build_patient(made[0], Options(labels=seg, label_map=label_map))


def same(a, b):
    assert a.sha256() == b.sha256()
    assert a.organs == b.organs
    assert np.array_equal(a.region_index, b.region_index)


@pytest.mark.parametrize("kind", ["BINARY", "FRACTIONAL"])
@pytest.mark.parametrize("order", [1, -1])
def test_the_same_phantom_as_from_nifti(made, tmp_path, kind, order):
    """Segments known by label, by code, by code and side; empty frames are left out; slices in either order."""
    same(patient_of(made, tmp_path, MASKS, ROWS, kind=kind, order=order).phantom, made[1])


def test_a_label_map_segmentation(made, tmp_path):
    numbered = np.zeros(LABELS.shape, np.uint8)
    for number, value in enumerate(NUMBERS, start=1):
        numbered[value == LABELS] = number
    same(patient_of(made, tmp_path, numbered, ROWS, kind="LABELMAP").phantom, made[1])


def test_rows_that_run_to_the_right(made, tmp_path):
    series = files.write_dicom(tmp_path / "series", HU, flip_x=True)
    seg = files.write_seg(tmp_path / "seg.dcm", series, MASKS, ROWS)
    same(build_patient(series, Options(labels=seg)).phantom, made[1])


def test_crop_and_larger_voxels_are_those_of_nifti_labels(made, tmp_path):
    box = (-60.0, 80.0, -110.0, 20.0, 40.0, 110.0)
    options = {"crop_mm": box, "voxel_mm": 10.0}
    seg = files.write_seg(tmp_path / "seg.dcm", made[0], MASKS, ROWS)
    labels = files.write_nifti(tmp_path / "labels.nii.gz", LABELS)
    same(
        build_patient(made[0], Options(labels=seg, **options)).phantom,
        build_patient(made[0], Options(labels=labels, **options)).phantom,
    )


def test_slices_without_a_frame_are_unlabelled_and_said_to_be(made, tmp_path):
    patient = patient_of(made, tmp_path, MASKS[..., :1], ROWS[:1])
    assert (
        np.count_nonzero(patient.phantom.region_index == patient.phantom.organ("liver").organ_id) == 9 * 8 * 8
    )
    assert "labels: the SEG has frames from z = 51 to 99 mm; beyond, nothing is labelled." in patient.notes


def test_of_overlapping_segments_the_smaller_has_the_voxel(made, tmp_path):
    """A lesion in the liver stays, in whichever order they stand."""
    lesion = np.zeros(LABELS.shape, np.uint8)
    lesion[5:7, 10:12, 9:11] = 1
    (tmp_path / "map.yaml").write_text(
        "segments: {Metastasis: lesion}\norgans: {lesion: {kind: soft, material: soft-tissue}}\n"
    )
    rows = [ROWS[0], ("Metastasis", "108369006", "Neoplasm", None)]
    both = np.stack([LABELS == files.LIVER, lesion], axis=-1).astype(np.uint8)
    found = []
    for turn in (1, -1):
        masks, said = np.ascontiguousarray(both[..., ::turn]), rows[::turn]
        patient = patient_of(made, tmp_path, masks, said, tmp_path / "map.yaml")
        assert np.count_nonzero(patient.phantom.region_index == 300) == 8
        assert "labels: 8 voxels lie in several segments: the smallest segment has them." in patient.notes
        found.append(patient.phantom)
    same(*found)


def test_half_of_a_fractional_segment_is_in(made, tmp_path):
    shares = np.zeros((*LABELS.shape, 1), np.float32)
    shares[5, 10, 10:14, 0] = (0.25, 0.49, 0.51, 1.0)
    patient = patient_of(made, tmp_path, shares, ROWS[:1], kind="FRACTIONAL")
    assert np.count_nonzero(patient.phantom.region_index == patient.phantom.organ("liver").organ_id) == 2


def test_codes_in_the_older_scheme(made, tmp_path):
    rows = [("a", "T-62000", "Liver", None)]
    patient = patient_of(made, tmp_path, MASKS[..., :1], rows, scheme="SRT")
    assert patient.phantom.organ("liver")


@pytest.mark.parametrize(
    "key", ["1", "unknown thing", "99X:abc", "Unknown_Thing"], ids=["number", "label", "code", "written so"]
)
def test_the_user_says_what_a_segment_is(made, tmp_path, key):
    (tmp_path / "map.yaml").write_text(f"segments: {{'{key}': spleen}}\n")
    rows = [("Unknown thing", "ABC", "x", None)]
    patient = patient_of(made, tmp_path, MASKS[..., :1], rows, tmp_path / "map.yaml", scheme="99X")
    assert patient.phantom.organ("spleen")


def test_the_side_of_a_code_and_of_a_users_code(made, tmp_path):
    rows = [("a", "64033007", "Kidney", "right"), ("b", "64033007", "Kidney", "left")]
    masks = files.masks_of(LABELS, [files.LIVER, files.SPLEEN])
    phantom = patient_of(made, tmp_path, masks, rows).phantom
    assert phantom.organ("right_kidney")
    assert phantom.organ("left_kidney")
    (tmp_path / "map.yaml").write_text("segments: {'SCT:64033007 left': spleen, 'SCT:64033007': liver}\n")
    phantom = patient_of(made, tmp_path, masks, rows, tmp_path / "map.yaml").phantom
    same(phantom, patient_of(made, tmp_path, masks, [ROWS[0], ROWS[1]]).phantom)


def test_a_general_code_leaves_it_to_the_anatomic_region(made, tmp_path):
    import pydicom

    rows = [("a", "113343008", "Organ", None)]
    path = files.write_seg(tmp_path / "seg.dcm", made[0], MASKS[..., :1], rows)
    seg = pydicom.dcmread(path)
    region = pydicom.Dataset()
    region.CodeValue, region.CodingSchemeDesignator, region.CodeMeaning = "10200004", "SCT", "Liver"
    seg.SegmentSequence[0].AnatomicRegionSequence = [region]
    seg.save_as(path)
    assert build_patient(made[0], Options(labels=path)).phantom.organ("liver")


@pytest.fixture
def refuse(tmp_path, capfd, monkeypatch, made):
    """Import with exit code 2; gives the one line of standard error."""
    monkeypatch.chdir(tmp_path)

    def run(labels, *more, source=None):
        arguments = [str(source or made[0]), "-o", "out.h5", "--labels", str(labels)]
        assert main(["phantom", "import", "ct", *arguments, *more]) == 2
        out, err = capfd.readouterr()
        assert out == ""
        assert len(err.splitlines()) == 1, err
        assert files.SECRET not in err
        assert not (tmp_path / "out.h5").exists()
        return err

    return run


def shifted(seg, millimetres):
    for group in seg.PerFrameFunctionalGroupsSequence:
        place = group.PlanePositionSequence[0]
        place.ImagePositionPatient = [a + b for a, b in zip(place.ImagePositionPatient, millimetres)]


def turned(seg):
    seg.SharedFunctionalGroupsSequence[0].PlaneOrientationSequence[0].ImageOrientationPatient = [
        1,
        0,
        0,
        0,
        0,
        -1,
    ]


def wider(seg):
    seg.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].PixelSpacing = [5.0, 4.2]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda seg: setattr(seg, "FrameOfReferenceUID", "1.2.3"),
            "of another frame of reference than the CT",
        ),
        (lambda seg: delattr(seg, "FrameOfReferenceUID"), "it states no frame of reference"),
        (lambda seg: setattr(seg, "PatientID", "SECRETNAME2"), "of another patient than the CT"),
        (
            lambda seg: setattr(seg.ReferencedSeriesSequence[0], "SeriesInstanceUID", "1.2.3"),
            "made of another series than the CT",
        ),
        (lambda seg: setattr(seg, "SOPClassUID", "1.2.840.10008.5.1.4.1.1.4"), "no segmentation (SEG)"),
        (lambda seg: shifted(seg, (2.0, 0.0, 0.0)), "x begins at -68 mm (that of the CT at -70 mm)"),
        (lambda seg: shifted(seg, (0.0, 0.0, 2.0)), "z begins at"),
        (lambda seg: shifted(seg, (0.0, 0.0, 600.0)), "(beyond the CT)"),
        (wider, "voxel size 4.2 mm (the CT has 4 mm)"),
        (turned, "in another plane than the CT"),
        (lambda seg: setattr(seg, "Columns", 46), "frames of 46 x 36 pixels (the CT has 44 x 36)"),
        (lambda seg: setattr(seg, "PixelData", seg.PixelData[:400]), "damaged"),
        (lambda seg: setattr(seg, "NumberOfFrames", 3), "damaged or incomplete"),
        (lambda seg: delattr(seg, "SegmentSequence"), "damaged or incomplete"),
        (lambda seg: delattr(seg, "PerFrameFunctionalGroupsSequence"), "damaged or incomplete"),
    ],
)
def test_what_is_not_of_this_ct_is_refused(refuse, made, tmp_path, change, words):
    import pydicom

    path = files.write_seg(tmp_path / "seg.dcm", made[0], MASKS, ROWS)
    seg = pydicom.dcmread(path)
    change(seg)
    seg.save_as(path)
    assert words in refuse(path)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ((files.SECRET, "ABC", files.SECRET, None), "segment=1 (of no known label or code"),
        (("kidney", "64033007", "Kidney", None), "segment=1 (of no known label or code, or of no side)"),
        (("liver", "78961009", "Spleen", None), "segment=1 (liver by its label, spleen by its code)"),
        (
            ("kidney_left", "64033007", "Kidney", "right"),
            "left_kidney by its label, right_kidney by its code",
        ),
    ],
)
def test_segments_of_unknown_or_doubtful_organs(refuse, made, tmp_path, row, words):
    assert words in refuse(files.write_seg(tmp_path / "seg.dcm", made[0], MASKS[..., :1], [row]))


def test_the_wrong_kind_of_file(refuse, made, tmp_path):
    shutil.copy(next(made[0].glob("*_0.dcm")), tmp_path / "image.dcm")
    assert "no segmentation (SEG)" in refuse("image.dcm")
    assert "a folder" in refuse(".")
    assert "no such file" in refuse("none.dcm")
    ct = files.write_nifti(tmp_path / "ct.nii.gz", HU)
    seg = files.write_seg(tmp_path / "seg.dcm", made[0], MASKS, ROWS)
    assert "nothing tells that they are of one patient" in refuse(seg, source=ct)
    empty = np.zeros((*LABELS.shape, 1), np.uint8)
    assert "empty" in refuse(files.write_seg(tmp_path / "empty.dcm", made[0], empty, ROWS[:1]))


@pytest.mark.parametrize("package", ["pydicom", "highdicom"])
def test_a_missing_extra_says_how_to_install_it(refuse, made, tmp_path, monkeypatch, package):
    path = files.write_seg(tmp_path / "seg.dcm", made[0], MASKS, ROWS)
    real = builtins.__import__

    def without(name, *rest, **more):
        if name == package:
            raise ModuleNotFoundError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    assert 'pip install "ctdose[dicom]"' in refuse(path)


def test_a_deflated_file_is_not_unpacked(refuse, made, tmp_path):
    import pydicom
    from pydicom.uid import DeflatedExplicitVRLittleEndian

    path = files.write_seg(tmp_path / "seg.dcm", made[0], MASKS, ROWS)
    seg = pydicom.dcmread(path)
    seg.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    seg.save_as(path)
    assert "stored deflated" in refuse(path)


@pytest.mark.parametrize("where", ["header", "anywhere", "cut"])
def test_a_damaged_seg_is_refused_or_means_the_same(made, tmp_path, where):
    """Every byte of it is somebody's; whatever is read of it is one line or a phantom."""
    path = files.write_seg(tmp_path / "seg.dcm", made[0], MASKS, ROWS)
    whole = path.read_bytes()
    rng = np.random.default_rng(7)
    for place in rng.integers(132, 6000 if where == "header" else len(whole), 12):
        broken = bytearray(whole[:place] if where == "cut" else whole)
        if where != "cut":
            broken[place] ^= 0x55
        path.write_bytes(broken)
        said = message_of(made[0], path)
        assert "\n" not in said
        assert files.SECRET not in said


def message_of(series, labels):
    try:
        build_patient(series, Options(labels=labels))
    except CtdoseError as error:
        return str(error)
    return ""


def test_codes_are_those_of_dicom():
    """The table against the dictionary of codes of another project; rows that it lacks say so."""
    from pydicom.sr._concepts_dict import concepts

    known = {}
    for keyword, codes in concepts["SCT"].items():
        for code in codes:
            known.setdefault(code, set()).add(keyword)
    table, organs = read_codes(), read_label_map().organs
    assert len({row["code"] for row in table["codes"]}) == len(table["codes"])
    for row in table["codes"]:
        assert (row["code"] in known) == row.get("verified", True), row
        if row["code"] in known:
            assert row["meaning"].title().replace(" ", "") in known[row["code"]], row
        for key in {"organ", "left", "right"} & row.keys():
            assert organs[row[key]].kind in KINDS
            assert key == "organ" or row[key].startswith(key)
    assert known[table["left"]] == {"Left"}
    assert known[table["right"]] == {"Right"}
