"""CSV, Parquet, pandas and xarray: the numbers of the result, with their types, and no formula."""

import csv
import math

import numpy as np
import pytest

import export_results as made
from ctdose.errors import CtdoseError
from ctdose.export import save_export, to_pandas, to_xarray


@pytest.fixture(scope="module")
def adults():
    return made.with_formulas(made.adults())


def check_rows(result, rows):
    """Every organ of every body once, with its dose and error, and the mean where both have it."""
    found = {(row["bodies"], row["organ"]): row for row in rows}
    assert len(found) == len(rows)
    for name, body in result.bodies.items():
        for organ in body.organs.values():
            row = found.pop((name, organ.name))
            assert float(row["absorbed_dose_mgy"]) == organ.absorbed_dose_mgy
            assert float(row["standard_error_mgy"]) == organ.standard_error_mgy
            assert int(row["organ_id"]) == organ.organ_id
    both = set.intersection(*({*body.organs} for body in result.bodies.values()))
    assert {organ for _, organ in found} == both
    for (_, organ), row in found.items():
        assert float(row["absorbed_dose_mgy"]) == result.organs[organ].absorbed_dose_mgy


def test_csv_as_python_reads_it(adults, tmp_path):
    save_export(adults, tmp_path / "organs.csv")
    with open(tmp_path / "organs.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    check_rows(adults, rows)
    for row in rows:
        texts = {k: v for k, v in row.items() if not is_number(v)}
        assert not [value for value in texts.values() if value.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert rows[0]["exam"] == f"'{made.FORMULA}"
    assert rows[0]["note"] == "'@SUM(A1)"
    assert {row["organ_id"] for row in rows if row["organ"] == "lungs"} == {"-1"}, "a number stays a number"


def is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


def test_csv_as_pandas_reads_it(adults, tmp_path):
    pd = pytest.importorskip("pandas", reason="an independent reader")
    save_export(adults, tmp_path / "organs.csv")
    frame = pd.read_csv(tmp_path / "organs.csv")
    check_rows(adults, frame.to_dict("records"))
    assert frame["absorbed_dose_mgy"].dtype == np.float64
    assert frame["organ_id"].dtype == np.int64
    save_export(adults, tmp_path / "indices.csv", "acquisitions", body="adult-male")
    (row,) = pd.read_csv(tmp_path / "indices.csv").to_dict("records")
    acquisition = adults.acquisitions[0]
    assert (row["body"], row["ctdi_vol_mgy"]) == ("adult-male", acquisition.ctdi_vol_mgy)
    assert row["dlp_mgy_cm"] == acquisition.on_body["adult-male"].dlp_mgy_cm


def test_parquet(adults, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs the extra [parquet]")
    save_export(adults, tmp_path / "organs.parquet")
    table = parquet.read_table(tmp_path / "organs.parquet")
    check_rows(adults, table.to_pylist())
    types = {field.name: str(field.type) for field in table.schema}
    assert (types["absorbed_dose_mgy"], types["organ_id"], types["partial"]) == ("double", "int64", "bool")
    row = next(row for row in table.to_pylist() if row["organ"] == "liver" and row["bodies"] == "adult-male")
    assert row["exam"] == made.FORMULA, "no spreadsheet opens Parquet: texts stay as they are"
    assert row["over_ranging_fraction"] is None, "not known in a file of format 1.0"
    assert table.schema.metadata[b"ctdose.exam_sha256"].decode() == adults.exam_sha256
    assert int(table.schema.metadata[b"ctdose.histories"]) == adults.histories


def test_parquet_as_pandas_reads_it(adults, tmp_path):
    pd = pytest.importorskip("pandas", reason="an independent reader")
    pytest.importorskip("pyarrow", reason="needs the extra [parquet]")
    save_export(adults, tmp_path / "organs.parquet")
    frame = pd.read_parquet(tmp_path / "organs.parquet")
    pd.testing.assert_frame_equal(frame, to_pandas(adults), check_dtype=False)
    save_export(adults, tmp_path / "indices.parquet", "acquisitions")
    assert list(pd.read_parquet(tmp_path / "indices.parquet")["body"]) == list(adults.bodies)


def test_data_frame(adults):
    pytest.importorskip("pandas", reason="needs the extra [pandas]")
    frame = to_pandas(adults)
    check_rows(adults, frame.to_dict("records"))
    assert frame["absorbed_dose_mgy"].dtype == np.float64
    assert frame["partial"].dtype == bool
    assert math.isnan(frame["over_ranging_fraction"][0])
    assert frame.attrs["exam_sha256"] == adults.exam_sha256
    indices = to_pandas(adults, "acquisitions")
    assert list(indices["body"]) == list(adults.bodies)
    with pytest.raises(CtdoseError, match="Known: organs"):
        to_pandas(adults, "xyz")


def test_dataset(tmp_path):
    xarray = pytest.importorskip("xarray", reason="needs the extra [xarray]")
    result = made.lopsided()
    body = result.bodies["adult-male"]
    found = to_xarray(result)
    assert isinstance(found, xarray.Dataset)
    for k, j, i in np.ndindex(made.SHAPE):
        x, y, z = made.centres_mm(body.grid)[k, j, i]
        voxel = found.sel(x=x, y=y, z=z, method="nearest", tolerance=1e-9)
        assert voxel["absorbed_dose_mgy"] == body.map.absorbed_dose_mgy[k, j, i]
        assert voxel["organ_index"] == body.grid.organ_index[k, j, i]
    assert {axis: found[axis].units for axis in "xyz"} == dict.fromkeys("xyz", "mm")
    assert found["standard_error_mgy"].units == "mGy"
    relative = found["standard_error_mgy"] / found["absorbed_dose_mgy"]
    assert np.allclose(relative, body.map.relative_standard_error, equal_nan=True)
    assert "effective_dose_map_msv" not in found


def test_dataset_of_one_of_two_bodies():
    pytest.importorskip("xarray", reason="needs the extra [xarray]")
    result = made.adults()
    with pytest.raises(CtdoseError, match="adult-male, adult-female"):
        to_xarray(result)
    found = to_xarray(result, "adult-female")
    liver = dict(zip(found["organ_index"].flag_meanings.split(), found["organ_index"].flag_values))["liver"]
    assert liver == result.bodies["adult-female"].organs["liver"].organ_id
    total = float(found["effective_dose_map_msv"].sum())
    assert total == pytest.approx(
        float(result.bodies["adult-female"].map.effective_dose_map_msv.sum()), rel=1e-6
    )
