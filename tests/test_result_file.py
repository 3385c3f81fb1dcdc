"""The result file: what is saved comes back, and stands where the documentation says."""

import dataclasses
from pathlib import Path

import h5py
import numpy as np
import pytest

from ctdose.dosimetry.effective_dose import EffectiveDose
from ctdose.dosimetry.organ_dose import BodyDose
from ctdose.results.result_file import load_result, save_result
from made_results import EXAM_YAML, body, make_result, on_body

KEPT_FILE = Path(__file__).parent / "data" / "result_1_0.h5"


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
