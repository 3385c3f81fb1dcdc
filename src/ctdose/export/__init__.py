"""A result in the formats of other programs: NIfTI, DICOM RT Dose, CSV, Parquet, pandas and xarray."""

from ctdose.export.pandas_frame import to_pandas
from ctdose.export.save import save_export
from ctdose.export.xarray_dataset import to_xarray

__all__ = ["save_export", "to_pandas", "to_xarray"]
