"""Reads a manifest, whichever format it has."""

from __future__ import annotations

from pathlib import Path

from ctdose.batch.manifest import Manifest, ManifestError
from ctdose.batch.manifest_csv import read_csv_manifest
from ctdose.batch.manifest_yaml import yaml_manifest
from ctdose.errors import CtdoseError
from ctdose.yaml_reader import read_yaml

MOST_ROWS = 100_000
CSV_SUFFIXES = (".csv", ".tsv")


def read_manifest(path: Path) -> Manifest:
    """Read a manifest; its columns are checked by `listing`.

    Parameters
    ----------
    path : Path
        ``.csv`` (comma, semicolon or tab), ``.tsv``, ``.yaml`` or ``.yml``.

    Raises
    ------
    ManifestError
        It cannot be read, or has no rows.
    """
    if path.suffix.lower() in CSV_SUFFIXES:
        return _checked(read_csv_manifest(path))
    return _checked(yaml_manifest(read_yaml(path, ManifestError)))


def _checked(manifest: Manifest) -> Manifest:
    if not manifest.rows:
        raise CtdoseError(f"{manifest.file} (has no rows). Write a row for each exam, below the columns.")
    if len(manifest.rows) > MOST_ROWS:
        raise CtdoseError(f"{manifest.file} (more than {MOST_ROWS:,} rows). Make several of it.")
    return manifest
