"""The result file: what is saved comes back, and stands where the documentation says."""

import dataclasses
import os
import stat
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from ctdose.dosimetry.dose_map import DoseMap
from ctdose.dosimetry.effective_dose import EffectiveDose
from ctdose.dosimetry.organ_dose import BodyDose, OrganDose
from ctdose.dosimetry.systematic_parts import SystematicParts
from ctdose.dosimetry.view_dose import ViewDoses
from ctdose.errors import CtdoseError
from ctdose.exam.view_pieces import ViewPiece
from ctdose.imaging.size_specific import SizeSpecific
from ctdose.results.acquisition_result import AcquisitionResult, OnBody
from ctdose.results.beam_result import BeamResult
from ctdose.results.body_result import Batches, BodyResult, Grid
from ctdose.results.result import Result
from ctdose.results.result_file import load_result, save_result
from ctdose.simulation.view_bins import ViewBins

SHAPE = (5, 4, 3)
EXAM_YAML = """\
exam: "Chest # 1, für Erwachsene"           # user
phantom: adult                              # user
acquisitions:                               # user
  - name: chest                             # user
    tube_voltage_kv: 120                    # default
    scan_range: [10.0, 20.0]                # command line
simulation:
  seed: 1                                   # default
# chest on adult-male: 12 rotations
"""
KEPT_FILE = Path(__file__).parent / "data" / "result_1_0.h5"


def organ(number, name, dose, **about):
    values = {"icrp103_tissue": "", "snomed": "", "mass_g": 10.0, "reference_mass_g": 11.0}
    values |= {"mass_in_range_fraction": 0.5, **about}
    return OrganDose(
        organ_id=number,
        name=name,
        absorbed_dose_mgy=dose,
        standard_error_mgy=dose / 64,
        systematic_error_mgy=dose / 16,
        **values,
    )


def body(name, sex, *, with_map=True):
    random = np.random.default_rng(sum(map(ord, name)))
    organs = [
        organ(
            *(1, "left_lung", 10.1),
            icrp103_tissue="lung",
            snomed="44029006",
            systematic=SystematicParts(0.1, 0.2, range_lower=float("nan"), centring=0.3),
            over_ranging_fraction=0.25,
            over_ranging_fraction_standard_error=0.01,
        ),
        organ(2, "right_lung", 10.3, icrp103_tissue="lung", reference_mass_g=float("nan")),
        organ(3, "skin", 0.1, partial=True, note="2 mm of skin as a surrogate, ±20 µm"),
        organ(-1, "lungs", 10.2),
    ]
    tissues = [organ(-1, "lung", 10.2, icrp103_tissue="lung")]
    maps = None
    if with_map:
        dose = random.random(SHAPE, np.float32)
        error = dose / 10
        error[0] = np.nan
        maps = DoseMap(dose, error, random.random(SHAPE, np.float32))
    grid = Grid(
        organ_index=random.integers(0, 4, SHAPE).astype(np.uint16),
        material_index=random.integers(0, 2, SHAPE).astype(np.uint8),
        density_g_cm3=np.array([0.0012, 1.05]),
        material_names=("air", "soft tissue"),
        origin_mm=(-10.0, -15.0, 0.1),
        spacing_mm=(10.0, 10.0, 10.0),
        phantom_sha256="ab" * 32,
    )
    return BodyResult(
        name=name,
        dose=BodyDose(
            name,
            {o.name: o for o in organs},
            {t.name: t for t in tissues},
            {"icrp103": (3.1, 0.1), "icrp60": (3.0, 0.2)},
            {"icrp103": SystematicParts(0.1, 0.2), "icrp60": SystematicParts(output=0.7)},
            {"icrp103": (0.2, 0.01)},
        ),
        grid=grid,
        batches=Batches(
            np.arange(2),
            random.integers(0, 2**62, (2, 1, 5, 2)),
            ("region:0", "region:1", "response:marrow", "group:lungs", "weighted:icrp103"),
            random.random(5),
        ),
        map=maps,
        histories=2 * 65536,
        groups={"lungs": ("left_lung", "right_lung")},
        sex=sex,
        reference_person=True,
        views=views(random) if with_map else None,
    )


def views(random):
    ends, angle = np.array([10.0, 15.0]), np.array([0.0, 350.0])
    bins = ViewBins(
        acquisition=np.zeros(2, np.int32),
        beam=np.array([0, 1], np.int32),
        z_start_mm=ends,
        z_end_mm=ends + 5.0,
        angle_start_deg=angle,
        angle_end_deg=angle + 10.0,
        mas=np.array([1.5, 2.5]),
        open_share=np.array([1.0, 0.5]),
        photon_share=np.array([0.25, 0.75]),
    )
    dose = random.random((2, 3), np.float32)
    return ViewDoses(bins, ("organ:left_lung", "tissue:lung", "weighted:icrp103"), dose, dose / 7, 2 * 65536)


def on_body():
    pieces = (
        ViewPiece(20.0, 10.0, 0.0, 6.28, True, 99.9),
        ViewPiece(10.0, 0.0, 0.5, -3.14, False, 0.1, beam=1),
    )
    size = SizeSpecific(
        z_mm=np.array([5.0, 15.0]),
        length_mm=np.array([10.0, 10.0]),
        water_equivalent_diameter_cm=np.array([20.0, 7.0]),
        ctdi_vol_mgy=np.array([1 / 3, 1 / 3]),
        ssde_mgy=np.array([0.6, np.nan]),
        truncated=np.array([False, True]),
        mean_diameter_cm=13.5,
        mean_ssde_mgy=0.6,
        note="factor of µ",
    )
    return OnBody(
        1.5, (0.0, 20.0), (-1.0, 21.0), (-2.0, 22.0), 100.0, pieces, beam_mas=(99.9, 0.1), size=size
    )


BEAMS = (
    BeamResult("A", 120.0, "body", "", 7.8, 1.23e12, "c" * 64, 0.001, 7.7, 66.6),
    BeamResult("B", 140.0, "body", "tin-0.4", 3.2, 4.56e11, "d" * 64, 0.002, 12.3, 90.1),
)


def make_result(names=("adult-male", "adult-female"), **changes):
    bodies = {name: body(name, name.rsplit("-", 1)[-1]) for name in names}
    acquisition = AcquisitionResult(
        name="chest",
        mode="helical",
        bowtie="body",
        tube_voltage_kv=120.0,
        collimation_mm=40.0,
        beam_width_mm=43.5,
        ctdi_vol_mgy=1 / 3,
        ctdi_phantom_cm=32,
        photons_per_mas=1.23e12,
        calibration_id="c" * 64,
        calibration_relative_standard_error=0.001,
        output_relative_systematic_error=0.05,
        hvl_mm_al=7.7,
        mean_energy_kev=66.6,
        spectrum_kev=np.arange(10.0, 120.0),
        spectrum_weight=np.full(110, 1 / 110),
        on_body={name: on_body() for name in names},
        beams=BEAMS,
    )
    result = Result(
        exam="Chest # 1, für Erwachsene",
        bodies=bodies,
        acquisitions=(acquisition,),
        effective_dose=EffectiveDose(3.1, 0.1, 3.0, 0.2),
        histories=2 * 65536 * len(names),
        seed=2**40,
        complete=True,
        exam_yaml=EXAM_YAML,
        scanner_yaml="name: generic-64\n",
        exam_sha256="e" * 64,
        created_utc="2024-05-31T12:00:00+00:00",
        versions={"ctdose_version": "0.1.0", "kernel_sha256": "k" * 64, "physics_data": "1"},
        seconds=1.25,
    )
    return dataclasses.replace(result, **changes)


def assert_same(a, b, path="result"):
    """Equal in value and type, at any depth, NaN being equal to itself."""
    if isinstance(a, np.ndarray):
        assert isinstance(b, np.ndarray), path
        assert a.dtype == b.dtype, path
        np.testing.assert_array_equal(a, b, err_msg=path)
    elif dataclasses.is_dataclass(a):
        assert type(a) is type(b), path
        for each in dataclasses.fields(a):
            assert_same(getattr(a, each.name), getattr(b, each.name), f"{path}.{each.name}")
    elif isinstance(a, dict):
        assert list(a) == list(b), path
        for key in a:
            assert_same(a[key], b[key], f"{path}[{key!r}]")
    elif isinstance(a, tuple):
        assert len(a) == len(b), path
        for i, (x, y) in enumerate(zip(a, b)):
            assert_same(x, y, f"{path}[{i}]")
    else:
        assert type(a) is type(b), path
        assert a == b or (a != a and b != b), path


def test_what_is_saved_comes_back(tmp_path):
    result = make_result()
    save_result(result, tmp_path / "r.h5")
    assert_same(result, load_result(tmp_path / "r.h5"))


@pytest.mark.parametrize(
    "result",
    [
        make_result(effective_dose=None, complete=False, versions={}),
        make_result(
            ("child-male",),
            effective_dose=EffectiveDose(
                weighted_dose_of_one_sex_msv=1.0, weighted_dose_of_one_sex_standard_error_msv=0.1
            ),
        ),
        make_result(("a/b%2F..", "..", "Ünïcode 名")),
        make_result(
            bodies={"x": body("x", "", with_map=False)},
            acquisitions=tuple(
                dataclasses.replace(a, on_body={"x": on_body()}) for a in make_result().acquisitions
            ),
        ),
    ],
    ids=["interrupted", "one sex", "odd names", "no map"],
)
def test_odd_results_come_back(result, tmp_path):
    save_result(result, tmp_path / "r.h5")
    assert_same(result, load_result(tmp_path / "r.h5"))


def test_an_ssde_that_is_not_defined_is_absent(tmp_path):
    result = make_result()
    [acquisition] = result.acquisitions
    on_body = acquisition.on_body["adult-female"]
    without = dataclasses.replace(on_body.size, mean_ssde_mgy=None, note="no SSDE: because")
    bodies = {**acquisition.on_body, "adult-female": dataclasses.replace(on_body, size=without)}
    result = make_result(acquisitions=(dataclasses.replace(acquisition, on_body=bodies),))
    save_result(result, tmp_path / "r.h5")
    assert_same(result, load_result(tmp_path / "r.h5"))
    with h5py.File(tmp_path / "r.h5") as file:
        assert "ssde_mgy" not in file["acquisitions/0"].attrs
        assert "ssde_mgy" not in file["acquisitions/0/bodies/adult-female"].attrs
        assert file["acquisitions/0/bodies/adult-male"].attrs["ssde_mgy"] == 0.6
        assert file["acquisitions/0"].attrs["water_equivalent_diameter_cm"] == 13.5


def test_a_file_from_before_ssde_has_none():
    result = load_result(KEPT_FILE)
    assert result.acquisitions[0].ssde_mgy is None
    assert all(on_body.size is None for on_body in result.acquisitions[0].on_body.values())


def test_empty_tables_come_back(tmp_path):
    plain = dataclasses.replace(
        body("water", ""), dose=BodyDose("water", {}), groups={}, reference_person=False
    )
    result = make_result(
        ("water",), bodies={"water": plain}, effective_dose=None, exam_yaml="", scanner_yaml=""
    )
    save_result(result, tmp_path / "r.h5")
    assert_same(result, load_result(tmp_path / "r.h5"))


def test_documented_paths(tmp_path):
    result = make_result()
    save_result(result, tmp_path / "r.h5")
    with h5py.File(tmp_path / "r.h5") as file:
        assert file.attrs["format"] == "ctdose-result"
        assert file.attrs["format_version"] == "1.1"
        for name in ("ctdose_version", "created_utc", "exam_sha256", "physics_data", "kernel_sha256"):
            assert isinstance(file.attrs[name], str)
        assert file.attrs["histories"] == 4 * 65536
        assert file["provenance/exam_yaml"].asstr()[()] == EXAM_YAML
        acquisition = file["acquisitions/0"]
        assert acquisition.attrs["ctdi_vol_mgy"] == 1 / 3
        assert acquisition.attrs["dlp_mgy_cm"] == 1.5
        assert acquisition.attrs["irradiated_length_mm"] == 22.0
        assert acquisition["bodies/adult-male"].attrs["planned_length_mm"] == 20.0
        assert acquisition["bodies/adult-male/pieces"]["mas"].sum() == 100.0
        assert acquisition.attrs["ssde_mgy"] == pytest.approx(0.6)
        assert acquisition.attrs["water_equivalent_diameter_cm"] == 13.5
        assert acquisition["bodies/adult-male"].attrs["ssde_note"] == "factor of µ"
        assert acquisition["bodies/adult-male/size"]["water_equivalent_diameter_cm"].tolist() == [20.0, 7.0]
        organs = file["bodies/adult-male/organs"]
        assert organs["name"].astype(str).tolist() == ["left_lung", "right_lung", "skin", "lungs"]
        assert organs["note"][2].decode() == "2 mm of skin as a surrogate, ±20 µm"
        assert organs["absorbed_dose_mgy"][0] == 10.1
        assert file["effective_dose"].attrs["icrp103_msv"] == 3.1
        assert file["batches/adult-male/rows"].shape == (2, 1, 5, 2)
        assert file["batches/adult-male/rows"].dtype == np.int64


def test_sources_of_the_exam(tmp_path):
    save_result(make_result(), tmp_path / "r.h5")
    with h5py.File(tmp_path / "r.h5") as file:
        rows = [tuple(x.decode() for x in row) for row in file["provenance/sources"][:].tolist()]
    assert ("exam", "user") in rows
    assert ("acquisitions[0].tube_voltage_kv", "default") in rows
    assert ("acquisitions[0].scan_range", "command line") in rows
    assert len(rows) == 6


def test_grids_carry_scales_and_units(tmp_path):
    result = make_result()
    save_result(result, tmp_path / "r.h5")
    with h5py.File(tmp_path / "r.h5") as file:
        dose = file["bodies/adult-male/dose/absorbed_dose_mgy"]
        assert dose.dtype == np.float32
        assert [d.label for d in dose.dims] == ["z", "y", "x"]
        assert dose.dims[0][0][:].tolist() == [0.1, 10.1, 20.1, 30.1, 40.1]
        assert dose.dims[2][0][:].tolist() == [-10.0, 0.0, 10.0]
        assert dose.dims[0][0].attrs["units"] == "mm"
        missing = []
        file.visititems(
            lambda n, o: missing.append(n) if isinstance(o, h5py.Dataset) and "units" not in o.attrs else None
        )
        assert missing == []
        columns = file["bodies/adult-male/organs"]
        assert len(columns.attrs["units"].split(", ")) == len(columns.dtype.names)


def test_filters_that_every_reader_has(tmp_path):
    save_result(make_result(), tmp_path / "r.h5")
    used = set()
    with h5py.File(tmp_path / "r.h5") as file:

        def look(_, place):
            if isinstance(place, h5py.Dataset):
                plist = place.id.get_create_plist()
                used.update(plist.get_filter(i)[0] for i in range(plist.get_nfilters()))

        file.visititems(look)
    assert used == {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32}


def test_existing_file_is_kept_unless_told(tmp_path):
    path = tmp_path / "r.h5"
    path.write_text("precious")
    with pytest.raises(CtdoseError, match=r"r\.h5 \(exists already\)"):
        save_result(make_result(), path)
    assert path.read_text() == "precious"
    save_result(make_result(), path, overwrite=True)
    assert load_result(path).exam.startswith("Chest")
    assert [p.name for p in tmp_path.iterdir()] == ["r.h5"]


def test_a_file_that_appears_meanwhile_is_not_replaced(tmp_path, monkeypatch):
    import ctdose.results.hdf5_write as module

    path = tmp_path / "r.h5"
    written = module._write_synced

    def late(part, data):
        written(part, data)
        path.write_text("precious")

    monkeypatch.setattr(module, "_write_synced", late)
    with pytest.raises(CtdoseError, match="exists already"):
        save_result(make_result(), path)
    assert path.read_text() == "precious"
    assert [p.name for p in tmp_path.iterdir()] == ["r.h5"]


@pytest.mark.parametrize("name", ["missing/r.h5", "", "a\0b"])
def test_impossible_names(tmp_path, name):
    with pytest.raises(CtdoseError) as caught:
        save_result(make_result(), tmp_path / name)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_nothing_is_left_of_a_failed_write(tmp_path, monkeypatch, fault):
    import ctdose.results.hdf5_write as module

    def fail(*_):
        raise fault

    monkeypatch.setattr(module.os, "fsync", fail)
    with pytest.raises((CtdoseError, KeyboardInterrupt)) as caught:
        save_result(make_result(), tmp_path / "r.h5")
    assert list(tmp_path.iterdir()) == []
    if isinstance(fault, OSError):
        assert "No space left on device" in str(caught.value)


@pytest.mark.skipif(
    sys.platform == "win32" or (hasattr(os, "geteuid") and os.geteuid() == 0),
    reason="root may write anywhere",
)
def test_a_folder_that_may_not_be_written(tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(CtdoseError, match="cannot be written"):
            save_result(make_result(), tmp_path / "r.h5")
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no pipes")
def test_what_is_no_ordinary_file_is_never_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(CtdoseError, match="not an ordinary file"):
        save_result(make_result(), tmp_path / "pipe", overwrite=True)


FULL_DISK = """
import resource, sys
from ctdose.errors import CtdoseError
from ctdose.results.result_file import load_result
result = load_result(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    result.save(sys.argv[2])
except CtdoseError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")
def test_a_file_that_does_not_fit_leaves_nothing(tmp_path):
    command = [sys.executable, "-c", FULL_DISK, str(KEPT_FILE), str(tmp_path / "r.h5")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "cannot be written" in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of POSIX")
def test_others_may_read_it_as_any_other_new_file(tmp_path):
    (tmp_path / "plain").touch()
    save_result(make_result(), tmp_path / "r.h5")
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("plain", "r.h5")}
    assert len(modes) == 1


def test_the_method_of_the_result_saves(tmp_path):
    make_result().save(tmp_path / "r.h5")
    assert load_result(tmp_path / "r.h5").seed == 2**40


def test_version_1_0_stays_readable_for_ever():
    """This file is never made anew: see tools/make_test_result.py."""
    result = load_result(KEPT_FILE)
    assert list(result.bodies) == ["adult-male", "adult-female"]
    assert result.effective_dose.icrp103_msv == 7.5196634835506195
    assert result.organs["lungs"].absorbed_dose_mgy == 12.867240865118562
    assert result.bodies["adult-female"].groups["lungs"] == ("left_lung", "right_lung")
    assert result.acquisitions[0].on_body["adult-male"].pieces[0].angle_is_random
    assert result.bodies["adult-male"].map.absorbed_dose_mgy.shape == (45, 6, 10)
    assert result.bodies["adult-male"].batches.rows.shape == (1, 1, 213, 2)
    lungs = result.organs["lungs"]
    assert (lungs.systematic, lungs.over_ranging_fraction) == (None, pytest.approx(float("nan"), nan_ok=True))
    assert result.bodies["adult-male"].views is None
    assert KEPT_FILE.stat().st_size < 200_000


def test_version_1_0_by_its_documented_paths():
    with h5py.File(KEPT_FILE) as file:
        assert file["effective_dose"].attrs["icrp103_msv"] == 7.5196634835506195
        organs = file["bodies/adult-male/organs"][:]
        assert b"lungs" in organs["name"]
        assert set(organs.dtype.names) >= {
            *("organ_id", "name", "icrp103_tissue", "snomed", "mass_g", "reference_mass_g"),
            *("absorbed_dose_mgy", "standard_error_mgy", "systematic_error_mgy"),
            *("mass_in_range_fraction", "partial"),
        }
        dose = file["bodies/adult-male/dose/absorbed_dose_mgy"]
        assert dose.shape == tuple(len(d[0]) for d in dose.dims)
        row_names = file["batches/adult-male/row_names"].asstr()[:].tolist()
        assert "weighted:icrp103" in row_names


def test_effective_dose_follows_from_the_batches_of_the_file():
    """The sums, their scale and the mean of both sexes give E: enough to merge runs."""
    with h5py.File(KEPT_FILE) as file:
        total = 0.0
        for name, batches in file["batches"].items():
            row = batches["row_names"].asstr()[:].tolist().index("weighted:icrp103")
            kev = batches["rows"][:, :, row, 0].sum() * 2.0**-20 / file["bodies"][name].attrs["histories"]
            total += kev * batches["row_scale"][row] / 2.0
        assert total == pytest.approx(file["effective_dose"].attrs["icrp103_msv"], rel=1e-9)
