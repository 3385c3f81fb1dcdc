"""NIfTI files that lie about their sizes or are damaged: refused before anything large is unpacked."""

import gzip
import struct

import numpy as np
import pytest

import patient_files as files
from ctdose.errors import CtdoseError
from ctdose.phantoms.patient.nifti import read_nifti

nibabel = pytest.importorskip("nibabel", reason="needs the extra [nifti]")
HU, _ = files.make_patient()


@pytest.fixture
def plain(tmp_path):
    return bytearray(files.write_nifti(tmp_path / "plain.nii", HU).read_bytes())


def refused(path, words):
    with pytest.raises(CtdoseError) as caught:
        read_nifti(path, labels=False)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_extension_is_read(tmp_path):
    image = nibabel.load(files.write_nifti(tmp_path / "ct.nii.gz", HU))
    image.header.extensions.append(nibabel.nifti1.Nifti1Extension("comment", b"x" * 100))
    nibabel.save(image, tmp_path / "more.nii.gz")
    assert np.array_equal(read_nifti(tmp_path / "more.nii.gz", labels=False).values, HU)


@pytest.mark.parametrize("length", [-1, 0, 7, 1 << 30])
def test_an_extension_of_impossible_length_is_a_gzip_bomb(tmp_path, plain, length):
    """A negative length would make nibabel unpack all that follows."""
    plain[108:112] = struct.pack("<f", 384.0)
    plain[348] = 1
    body = plain[:352] + struct.pack("<ii", length, 6) + bytes(24) + plain[352:]
    (tmp_path / "bomb.nii.gz").write_bytes(gzip.compress(bytes(body)))
    refused(tmp_path / "bomb.nii.gz", "damaged header")


def test_pixels_that_begin_far_behind(tmp_path, plain):
    plain[108:112] = struct.pack("<f", 2.0e9)
    (tmp_path / "bomb.nii.gz").write_bytes(gzip.compress(bytes(plain)))
    refused(tmp_path / "bomb.nii.gz", "damaged header")


def test_much_more_behind_the_pixels(tmp_path, plain):
    (tmp_path / "bomb.nii.gz").write_bytes(gzip.compress(bytes(plain) + bytes(3 << 20)))
    refused(tmp_path / "bomb.nii.gz", "damaged or truncated")


def test_the_checksum_of_gzip_is_checked(tmp_path, plain):
    """A reader that stops behind the last pixel never sees it, and takes damaged values for CT numbers."""
    path = tmp_path / "ct.nii.gz"
    whole = gzip.compress(bytes(plain), mtime=0)
    rng = np.random.default_rng(2)
    for place in rng.integers(10, len(whole), 60):
        broken = bytearray(whole)
        broken[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(broken)
        with pytest.raises(CtdoseError):
            read_nifti(path, labels=False)


def test_what_nibabel_would_mend_is_refused_and_nothing_is_logged(tmp_path, plain, capfd):
    for place, value in ((80, struct.pack("<f", -4.0)), (84, struct.pack("<f", 0.0)), (254, b"\xff\x7f")):
        broken = bytearray(plain)
        broken[place : place + len(value)] = value
        (tmp_path / "ct.nii").write_bytes(broken)
        refused(tmp_path / "ct.nii", "damaged header")
    assert capfd.readouterr().err == ""


def test_two_orientations_that_differ(tmp_path, plain):
    image = nibabel.load(files.write_nifti(tmp_path / "ct.nii", HU))
    turned = image.affine @ np.diag([-1.0, 1.0, 1.0, 1.0])
    image.header.set_qform(turned, 1)
    image.header.set_sform(image.affine, 1)
    nibabel.save(nibabel.Nifti1Image(np.asarray(image.dataobj), None, image.header), tmp_path / "two.nii")
    refused(tmp_path / "two.nii", "two orientations that differ")
