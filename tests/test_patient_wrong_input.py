"""Every wrong CT or label file: one clear line, nothing written, no name of a person."""

import builtins
import gzip
import shutil

import numpy as np
import pytest

import patient_files as files
from ctdose.cli.main import main

pytest.importorskip("nibabel", reason="needs the extra [nifti]")
pytest.importorskip("pydicom", reason="needs the extra [dicom]")


IMPORT = ("phantom", "import", "ct")
HU, LABELS = files.make_patient()


@pytest.fixture
def refuse(tmp_path, capfd, monkeypatch):
    """Import with exit code 2; gives the one line of standard error."""
    monkeypatch.chdir(tmp_path)

    def run(source, *more):
        assert main([*IMPORT, str(source), "-o", "out.h5", *map(str, more)]) == 2
        out, err = capfd.readouterr()
        assert out == ""
        assert len(err.splitlines()) == 1, err
        assert files.SECRET not in err
        assert not (tmp_path / "out.h5").exists()
        return err

    return run


def shifted(k):
    return [files.ORIGIN[0], files.ORIGIN[1] + 0.5 * k, files.ORIGIN[2] + k * files.SPACING[2]]


TILT = [1, 0, 0, 0, float(np.cos(0.2)), -float(np.sin(0.2))]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"SeriesInstanceUID": lambda k: "1.2.3" if k < 4 else None}, "2 CT series"),
        ({"ImageOrientationPatient": TILT}, "gantry tilt of 11.5"),
        ({"GantryDetectorTilt": 12.0}, "gantry tilt of 12"),
        ({"ImagePositionPatient": shifted}, "gantry tilt"),
        ({"ImageOrientationPatient": [1, 0, 0, 0, 0, -1]}, "not an axial image"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, "localizer"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.4"}, "no CT images among 16 files"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.2.1"}, "multi-frame"),
        ({"PixelSpacing": lambda k: [5, 5] if k == 3 else None}, "several sizes"),
        ({"ImagePositionPatient": [0, 0, 0]}, "two slices at z = 0 mm"),
        ({"Rows": 60000, "Columns": 60000}, "voxels"),
        ({"RescaleIntercept": 0}, "not CT numbers"),
    ],
)
def test_wrong_series(refuse, tmp_path, changes, words):
    assert words in refuse(files.write_dicom(tmp_path / "series", HU, **changes))


def test_missing_slice(refuse, tmp_path):
    folder = files.write_dicom(tmp_path / "series", HU)
    next(folder.glob("*_6.dcm")).unlink()
    assert "12 mm from z = 63 mm" in refuse(folder)


@pytest.mark.parametrize("kept", [0.1, 0.7])
def test_truncated_dicom_file(refuse, tmp_path, kept):
    folder = files.write_dicom(tmp_path / "series", HU)
    path = next(folder.glob("*_6.dcm"))
    path.write_bytes(path.read_bytes()[: int(kept * path.stat().st_size)])
    assert "truncated" in refuse(folder)


def test_empty_folder_and_no_such_file(refuse, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "no CT images" in refuse("empty")
    assert "no such file" in refuse("nowhere.nii.gz")
    (tmp_path / "table.csv").write_text("1,2")
    assert "not a NIfTI file" in refuse("table.csv")


def test_truncated_nifti(refuse, tmp_path):
    path = files.write_nifti(tmp_path / "ct.nii.gz", HU)
    path.write_bytes(path.read_bytes()[:-400])
    assert "truncated" in refuse(path)
    path.write_bytes(b"not gzip at all")
    assert "not a NIfTI file" in refuse(path)


def test_gzip_bomb(refuse, tmp_path):
    """A header that declares more than the file can hold, and one that declares more than is ever read."""
    plain = files.write_nifti(tmp_path / "ct.nii", HU).read_bytes()
    header = bytearray(plain[:352])
    for sizes, words in (((1000, 1000, 200), "truncated"), ((30000, 30000, 30000), "voxels")):
        header[42:48] = np.array(sizes, "<i2").tobytes()
        (tmp_path / "bomb.nii.gz").write_bytes(gzip.compress(bytes(header) + bytes(100)))
        assert words in refuse("bomb.nii.gz")


def test_wrong_nifti(refuse, tmp_path):
    assert "oblique by" in refuse(files.write_nifti(tmp_path / "ct.nii.gz", HU, shear=0.5))
    plain = bytearray(files.write_nifti(tmp_path / "ct.nii", HU).read_bytes())
    metres, unset = bytearray(plain), bytearray(plain)
    unset[252:256] = bytes(4)  # qform_code and sform_code
    metres[123] = 1  # xyzt_units
    for changed, words in ((unset, "no orientation"), (metres, "not in millimetres")):
        (tmp_path / "ct.nii").write_bytes(changed)
        assert words in refuse("ct.nii")


def test_labels_instead_of_a_ct(refuse, tmp_path):
    assert "not CT numbers" in refuse(files.write_nifti(tmp_path / "ct.nii.gz", LABELS))


@pytest.mark.parametrize(
    ("labels", "more", "words"),
    [
        (LABELS[1:], {}, "44 x 36 x 15 (the CT has 44 x 36 x 16 voxels)"),
        (LABELS, {"origin": (files.ORIGIN[0] + 2.0, *files.ORIGIN[1:])}, "x begins at -68 mm"),
        (np.where(LABELS == 5, 200, LABELS).astype(np.uint8), {}, "label=200 (unknown)"),
        (LABELS.astype(np.float32) + 0.5, {}, "not labels"),
        (-LABELS.astype(np.int16), {}, "not labels"),
    ],
)
def test_wrong_labels(refuse, tmp_path, labels, more, words):
    ct = files.write_nifti(tmp_path / "ct.nii.gz", HU)
    files.write_nifti(tmp_path / "labels.nii.gz", labels, **more)
    assert words in refuse(ct, "--labels", "labels.nii.gz")


def test_a_dicom_seg_is_refused(refuse, tmp_path):
    ct = files.write_nifti(tmp_path / "ct.nii.gz", HU)
    (tmp_path / "seg.dcm").write_bytes(b"\0" * 200)
    assert "neither NIfTI nor DICOM" in refuse(ct, "--labels", "seg.dcm")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("labels: {200: my_organ}", "my_organ (neither a class nor an organ)"),
        ("labels: {0: liver}", "no label value"),
        ("labels: {x: liver}", "no label value"),
        ("organs: {cyst: {kind: soft}}", "material"),
        ("organs: {cyst: {kind: hard, material: water}}", "kind=hard"),
        ("organs: {cyst: {kind: soft, material: watr}}", "watr"),
        ("organs: {cyst: {kind: soft, material: water, tissue: livr}}", "no tissue of ICRP 103"),
        ("label: {200: liver}", "unknown key"),
        ("- 1", "not a mapping"),
    ],
)
def test_wrong_label_map(refuse, tmp_path, text, words):
    (tmp_path / "map.yaml").write_text(text)
    assert words in refuse("ct.nii.gz", "--label-map", "map.yaml")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("soft_density_cap: 1.03", "soft_density_cap: 0.5", "not a number from 1 to 3"),
        ("gas_below_hu: -400", "", "gas_below_hu (missing)"),
        ("gas_below_hu: -400", "gas_below_hu: -400\nextra: 1", "extra (unknown key)"),
        ("[14, 1.03]", "[-99, 1.03]", "not ascending"),
        ("material: titanium", "material: unobtanium", "unknown"),
        ("organ: bone_rest", "organ: bones", "organ=bones (unknown)"),
    ],
)
def test_wrong_calibration(refuse, root, tmp_path, old, new, words):
    text = (root / "phantoms/data/ct_calibration.yaml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "calibration.yaml").write_text(text.replace(old, new), encoding="utf-8")
    assert words in refuse("ct.nii.gz", "--calibration", "calibration.yaml")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--sex", "x"], "sex=x"),
        (["--crop", "1,2,3"], "not six numbers"),
        (["--crop", "1,0,0,1,0,1"], "not ascending"),
        (["--crop", "9000,9001,0,1,0,1"], "no voxels there"),
        (["--voxel-mm", "2 mm"], "not a number"),
    ],
)
def test_wrong_options(refuse, tmp_path, more, words):
    files.write_nifti(tmp_path / "ct.nii.gz", HU)
    assert words in refuse("ct.nii.gz", *more)


def test_air_alone_is_no_body(refuse, tmp_path):
    air = np.full_like(HU, -1000)
    air[5:7, 9:11, 9:11] = 40
    assert "no body" in refuse(files.write_nifti(tmp_path / "ct.nii.gz", air))


@pytest.mark.parametrize(("package", "extra"), [("pydicom", "dicom"), ("nibabel", "nifti")])
def test_a_missing_extra_says_how_to_install_it(refuse, tmp_path, monkeypatch, package, extra):
    source = tmp_path / ("series" if extra == "dicom" else "ct.nii.gz")
    source.mkdir() if extra == "dicom" else source.touch()
    real = builtins.__import__

    def without(name, *rest, **more):
        if name == package:
            raise ModuleNotFoundError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    assert f'pip install "ctdose[{extra}]"' in refuse(source)


def test_names_reach_neither_file_nor_messages(tmp_path, capfd, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files.write_dicom(tmp_path / "series", HU)
    files.write_nifti(tmp_path / "labels.nii.gz", LABELS)
    assert main([*IMPORT, "series", "--labels", "labels.nii.gz", "-o", "out.h5", "--sex", "female"]) == 0
    out, err = capfd.readouterr()
    assert files.SECRET not in out + err
    assert files.SECRET.encode() not in (tmp_path / "out.h5").read_bytes()
    assert main([*IMPORT, "series", "-o", "out.h5"]) == 2
    assert "exists" in capfd.readouterr().err
    shutil.copy("labels.nii.gz", "other.h5")
    assert main([*IMPORT, "series", "-o", "other.h5", "--overwrite"]) == 2
    assert "not a ctdose phantom" in capfd.readouterr().err


def test_own_labels_extend_the_shipped_ones(tmp_path, monkeypatch):
    from ctdose.phantoms.phantom_file import load_phantom

    monkeypatch.chdir(tmp_path)
    files.write_nifti(tmp_path / "ct.nii.gz", HU)
    files.write_nifti(tmp_path / "labels.nii.gz", np.where(LABELS == 1, 200, LABELS).astype(np.uint8))
    text = "labels: {200: tumour, 22: ignore, 20: spleen}\norgans: {tumour: {kind: soft, material: soft-tissue}}\n"
    (tmp_path / "map.yaml").write_text(text)
    more = ["--labels", "labels.nii.gz", "--label-map", "map.yaml", "-o", "out.h5"]
    assert main([*IMPORT, "ct.nii.gz", *more]) == 0
    names = {organ.name: organ.organ_id for organ in load_phantom("out.h5").organs}
    assert names["tumour"] == 300
    assert "prostate" not in names
    assert "colon" not in names
    assert "spleen" in names
