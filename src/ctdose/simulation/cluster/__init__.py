"""Batches of a job on the workers of a Dask cluster."""
