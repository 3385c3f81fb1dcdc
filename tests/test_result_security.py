"""A result file that is damaged or made to harm: one line, no other file touched, no wrong number."""

import os
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest

from ctdose.errors import CtdoseError
from ctdose.results.diff import diff_results
from ctdose.results.hdf5_declared import MAX_BYTES
from ctdose.results.result_file import load_result
from damaged_files import refusals

KEPT_FILE = Path(__file__).parent / "data" / "result_1_0.h5"


@pytest.fixture
def path(tmp_path):
    shutil.copy(KEPT_FILE, tmp_path / "r.h5")
    return tmp_path / "r.h5"


def first_body(file):
    return file["bodies"][sorted(file["bodies"])[0]]


def replaced(group, name, **options):
    """Put another dataset in the place of one, with its attributes."""
    kept = dict(group[name].attrs)
    del group[name]
    place = group.create_dataset(name, **options)
    if "units" in kept:
        place.attrs["units"] = kept["units"]
    return place


def external_link(file):
    del file["provenance/exam_yaml"]
    file["provenance/exam_yaml"] = h5py.ExternalLink("/etc/passwd", "/")


def link_to_another_file_that_exists(file):
    other = Path(file.filename).with_name("other.h5")
    with h5py.File(other, "w") as secret:
        secret["x"] = "secret"
    del file["provenance/exam_yaml"]
    file["provenance/exam_yaml"] = h5py.ExternalLink(str(other), "/x")


def soft_link(file):
    del file["provenance/exam_yaml"]
    file["provenance/exam_yaml"] = h5py.SoftLink("/provenance/scanner_yaml")


def dangling_soft_link(file):
    file["provenance/more"] = h5py.SoftLink("/nowhere")


def circle(file):
    file["provenance/above"] = file["/"]


def second_name(file):
    file["provenance/again"] = file["provenance/exam_yaml"]


def virtual(file):
    shape = first_body(file)["phantom/organ_index"].shape
    layout = h5py.VirtualLayout(shape, np.uint16)
    layout[:] = h5py.VirtualSource("other.h5", "x", shape)
    del first_body(file)["phantom/organ_index"]
    first_body(file)["phantom"].create_virtual_dataset("organ_index", layout)


def external_storage(file):
    group = first_body(file)["phantom"]
    shape = group["material_index"].shape
    replaced(
        group, "material_index", shape=shape, dtype="u1", external=[("/etc/passwd", 0, h5py.h5f.UNLIMITED)]
    )


def another_filter(file):
    group = first_body(file)["phantom"]
    replaced(group, "material_index", data=group["material_index"][:], compression="lzf")


def absurd_shape(file):
    group = first_body(file)["phantom"]
    replaced(group, "organ_index", shape=(2**20, 2**20, 2**10), dtype="u2", chunks=(1, 64, 64))


def absurd_shape_compressed(file):
    group = first_body(file)["phantom"]
    replaced(
        group, "organ_index", shape=(2**20, 2**20, 2**10), dtype="u2", chunks=(1, 64, 64), compression="gzip"
    )


def much_of_nothing(file):
    """Zeros pack a thousandfold, but no more."""
    file.create_dataset("provenance/zeros", shape=(2**31,), dtype="f8", chunks=(2**20,), compression="gzip")


def huge_chunk(file):
    """A chunk may be larger than its dataset, if that can grow; it is unpacked whole."""
    place = file.create_dataset(
        "provenance/more", shape=(1,), maxshape=(None,), dtype="f8", chunks=(2**28,), compression="gzip"
    )
    place.id.write_direct_chunk((0,), bytes(1000))


def other_shape(file):
    group = first_body(file)["phantom"]
    replaced(group, "organ_index", data=group["organ_index"][:-1])


def unequal_axis(file):
    replaced(first_body(file), "z", data=np.zeros(3))


def other_type(file):
    group = first_body(file)["phantom"]
    replaced(group, "organ_index", data=group["organ_index"][:].astype("i8"))


def references(file):
    replaced(file["provenance"], "exam_yaml", data=file.ref, dtype=h5py.ref_dtype)


def ragged(file):
    file["provenance"].create_dataset("more", shape=(2,), dtype=h5py.vlen_dtype(np.int32))


def missing_organs(file):
    del first_body(file)["organs"]


def missing_column(file):
    data = first_body(file)["organs"][:]
    keep = [name for name in data.dtype.names if name != "mass_g"]
    replaced(first_body(file), "organs", data=data[keep])


def missing_attribute(file):
    del file.attrs["seed"]


def number_as_text(file):
    file.attrs["seed"] = "one"


def missing_provenance(file):
    del file["provenance"]


def missing_batches(file):
    del file["batches"]


def unwritten_chunks(file):
    group = first_body(file)["phantom"]
    shape = group["material_index"].shape
    replaced(group, "material_index", shape=shape, dtype="u1", chunks=(1, *shape[1:]), compression="gzip")


def huge_attribute(file):
    file.attrs["more"] = np.zeros(5000)


def too_deep(file):
    file.create_group("/".join("abcdefghijkl"))


def named_type(file):
    file["provenance/type"] = np.dtype("f8")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (external_link, "links to another file"),
        (link_to_another_file_that_exists, "links to another file"),
        (soft_link, "a soft link"),
        (dangling_soft_link, "a soft link"),
        (circle, "a second name"),
        (second_name, "a second name"),
        (virtual, "a virtual dataset"),
        (external_storage, "stored in another file"),
        (another_filter, "an unknown filter"),
        (absurd_shape, "declares"),
        (absurd_shape_compressed, "declares"),
        (much_of_nothing, "declares"),
        (unwritten_chunks, "declares"),
        (huge_chunk, "in chunks larger than"),
        (other_shape, "organ_index"),
        (unequal_axis, "along z"),
        (other_type, "another type than documented"),
        (references, "exam_yaml (of a type"),
        (ragged, "of a type"),
        (named_type, "neither a group nor a dataset"),
        (too_deep, "nested too deeply"),
        (huge_attribute, "more (of a type or size"),
        (missing_organs, "/organs (missing)"),
        (missing_column, "another type than documented"),
        (missing_attribute, "seed (missing"),
        (number_as_text, "seed (missing"),
        (missing_provenance, "/provenance/exam_yaml (missing)"),
        (missing_batches, "/rows (missing)"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_is_refused_with_one_line(path, change, says):
    with h5py.File(path, "r+") as file:
        change(file)
    with pytest.raises(CtdoseError) as caught:
        load_result(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert says in str(caught.value)


def test_a_changed_byte_is_noticed_before_hdf5_sees_it(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(CtdoseError, match="does not match its checksum"):
        load_result(path)


def test_what_another_program_adds_does_no_harm(path):
    """Minor versions add; a researcher may, too."""
    before = load_result(path)
    with h5py.File(path, "r+") as file:
        file.attrs["format_version"] = "1.7"
        file.attrs["comment"] = "seen"
        file["provenance/comment"] = "seen"
        first_body(file).create_dataset("dose/more", data=np.zeros((2, 2)), compression="gzip")
    assert diff_results(before, load_result(path)).identical


def test_a_newer_major_version_is_refused(path):
    with h5py.File(path, "r+") as file:
        file.attrs["format_version"] = "2.0"
    with pytest.raises(CtdoseError, match=r"format_version='2.0'.*Update ctdose"):
        load_result(path)


@pytest.mark.parametrize(
    "content", [b"", b"\x89HDF\r\n\x1a\n", b"exam: chest\n", b"\x89HDF\r\n\x1a\n" + bytes(5000)]
)
def test_other_files_are_refused(tmp_path, content):
    (tmp_path / "x.h5").write_bytes(content)
    with pytest.raises(CtdoseError, match=r"x\.h5"):
        load_result(tmp_path / "x.h5")


def test_other_places_are_refused(tmp_path):
    for place in (tmp_path, tmp_path / "missing.h5", "a\0b"):
        with pytest.raises(CtdoseError):
            load_result(place)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(CtdoseError, match="not an ordinary file"):
            load_result(tmp_path / "pipe")
    with h5py.File(tmp_path / "foreign.h5", "w") as file:
        file["x"] = 1
    with pytest.raises(CtdoseError, match="not a ctdose result"):
        load_result(tmp_path / "foreign.h5")


def test_limit_is_far_above_any_result():
    assert MAX_BYTES > 512 * 512 * 2000 * 16


@pytest.mark.parametrize(("kind", "rounds"), [("cut", 20), ("anywhere", 60), ("begin", 60)])
def test_damage_is_noticed(tmp_path, kind, rounds):
    assert refusals("result", KEPT_FILE, tmp_path / "damaged.h5", kind, rounds) > rounds * 0.9
