"""Folders and archives of foreign files: bounded, nothing leaves them, a damaged one is one line."""

import gzip
import io
import tarfile
import zipfile

import pytest

from ctdose.errors import CtdoseError
from ctdose.phantoms.readers import source
from ctdose.phantoms.readers.source import file_names, read_file, read_files


def wanted(name):
    return name.endswith(".dat")


def add(archive, name, content, kind=tarfile.REGTYPE, link=""):
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname = len(content), kind, link
    archive.addfile(info, io.BytesIO(content))


def refused(path, message, read=read_files):
    with pytest.raises(CtdoseError) as error:
        read(path, wanted) if read is read_files else read(path)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_paths_in_archives_lead_nowhere(tmp_path):
    inner = tmp_path / "inner"
    inner.mkdir()
    with tarfile.open(inner / "a.tar.gz", "w:gz") as archive:
        add(archive, "../../A.dat", b"1")
        add(archive, "/etc/passwd.dat", b"2")
        add(archive, "link.dat", b"", tarfile.SYMTYPE, "/etc/passwd")
    assert read_files(inner / "a.tar.gz", wanted) == {"a.dat": b"1", "passwd.dat": b"2"}
    with zipfile.ZipFile(inner / "a.zip", "w") as archive:
        archive.writestr("..\\..\\A.dat", b"1")
        archive.writestr("../b.txt", b"2")
    assert read_files(inner / "a.zip", wanted) == {"a.dat": b"1"}
    assert file_names(inner / "a.zip") == ["A.dat", "b.txt"]
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["a.tar.gz", "a.zip", "inner"]


def test_gzip_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(source, "FREE_BYTES", 1 << 20)
    with tarfile.open(tmp_path / "bomb.tar.gz", "w:gz") as archive:
        add(archive, "not-wanted.bin", bytes(20 << 20))
        add(archive, "A.dat", b"1")
    assert (tmp_path / "bomb.tar.gz").stat().st_size < 1 << 16
    refused(tmp_path / "bomb.tar.gz", "unpacks to more than a phantom needs")
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("A.dat", bytes(20 << 20))
    refused(tmp_path / "bomb.zip", "A.dat unpacks to more than a phantom needs")


def test_a_zip_that_lies_about_its_size_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("A.dat", b"1 2 3 " * 999)
    raw = (tmp_path / "a.zip").read_bytes()
    (tmp_path / "b.zip").write_bytes(raw.replace((5994).to_bytes(4, "little"), (60).to_bytes(4, "little")))
    refused(tmp_path / "b.zip", "")


def test_what_is_damaged_missing_or_foreign_is_one_line(tmp_path, monkeypatch):
    refused(tmp_path / "no", "(no such folder or archive). Check the path.")
    (tmp_path / "a.txt").write_text("x")
    refused(tmp_path / "a.txt", "(neither a folder nor an archive)")
    for name in ("a.zip", "a.tar.gz"):
        (tmp_path / name).write_bytes(b"not an archive")
        refused(tmp_path / name, "cannot be read")
    with tarfile.open(tmp_path / "b.tar.gz", "w:gz") as archive:
        add(archive, "A.dat", bytes(range(256)) * 999)
    whole = (tmp_path / "b.tar.gz").read_bytes()
    (tmp_path / "b.tar.gz").write_bytes(whole[: len(whole) // 2])
    refused(tmp_path / "b.tar.gz", "cannot be read")
    (tmp_path / "c.tar.gz").write_bytes(gzip.compress(b"no tar inside" * 99))
    refused(tmp_path / "c.tar.gz", "cannot be read")
    for name in ("x/A.dat", "y/a.DAT"):
        (tmp_path / "twice" / name).parent.mkdir(parents=True)
        (tmp_path / "twice" / name).write_text("1")
    with pytest.raises(CtdoseError, match=r"(?i)a\.dat stands twice in it"):
        read_files(tmp_path / "twice", lambda name: name.lower().endswith(".dat"))
    monkeypatch.setattr(source, "MAX_FILES", 1)
    refused(tmp_path / "twice", "more than 1 files")


def test_one_file_is_bounded(tmp_path, monkeypatch):
    (tmp_path / "a").write_bytes(b"12345")
    assert read_file(tmp_path / "a") == b"12345"
    refused(tmp_path, "a folder, not a file", read_file)
    refused(tmp_path / "b", "no such file", read_file)
    monkeypatch.setattr(source, "MAX_FILE_BYTES", 4)
    refused(tmp_path / "a", "larger than 4 bytes", read_file)


def test_a_flipped_bit_in_a_tar_is_noticed(tmp_path):
    """The checksum of gzip stands behind the last file, where a reader of tar stops."""
    path = tmp_path / "a.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name in ("a.dat", "b.dat"):
            content = " ".join(str(i * i % 251) for i in range(3000)).encode()
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    whole = path.read_bytes()
    for place in range(200, len(whole) - 10, len(whole) // 25):
        broken = bytearray(whole)
        broken[place] ^= 4
        path.write_bytes(broken)
        with pytest.raises(CtdoseError, match="cannot be read"):
            read_files(path, lambda name: name == "a.dat")
