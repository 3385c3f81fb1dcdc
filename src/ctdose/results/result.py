"""The result of an exam in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ctdose.dosimetry.effective_dose import EffectiveDose
from ctdose.dosimetry.organ_dose import OrganDose
from ctdose.results.acquisition_result import AcquisitionResult, OnBody
from ctdose.results.body_result import Batches, BodyResult, Grid
from ctdose.results.mean_organ import mean_organ

__all__ = ["AcquisitionResult", "Batches", "BodyResult", "Grid", "OnBody", "Result"]


@dataclass(frozen=True)
class Result:
    """The result of an exam; made by `ctdose.simulate` or `ctdose.load_result`.

    Attributes
    ----------
    exam : str
        Title.
    bodies : dict of str to BodyResult
    acquisitions : tuple of AcquisitionResult
    effective_dose : EffectiveDose or None
    histories, seed : int
        Histories of all bodies together.
    complete : bool
        False if the run was interrupted and holds fewer histories than asked for.
    exam_yaml, scanner_yaml : str
        The resolved exam, and the scanner.
    exam_sha256 : str
    created_utc : str
    versions : dict of str to str
        ``ctdose_version``, ``kernel_sha256``, ``physics_data``, ``device`` (``cpu`` or ``cuda``).
    seconds : float
        Wall time of the simulation.
    """

    exam: str
    bodies: dict[str, BodyResult]
    acquisitions: tuple[AcquisitionResult, ...]
    effective_dose: EffectiveDose | None
    histories: int
    seed: int
    complete: bool
    exam_yaml: str
    scanner_yaml: str
    exam_sha256: str
    created_utc: str
    versions: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def organs(self) -> dict[str, OrganDose]:
        """Organ doses averaged over the bodies that have the organ."""
        bodies = [body.dose for body in self.bodies.values()]
        names = dict.fromkeys(name for body in bodies for name in body.organs)
        return {name: mean_organ(bodies, name) for name in names}

    @property
    def has_map(self) -> bool:
        """Whether every body has its dose map. That of a large one that was stopped is in its checkpoint."""
        return all(body.map is not None for body in self.bodies.values())

    @property
    def dlp_mgy_cm(self) -> dict[int, float]:
        """DLP of the exam by CTDI phantom; 16 and 32 cm are never added."""
        total: dict[int, float] = {}
        for acquisition in self.acquisitions:
            key = acquisition.ctdi_phantom_cm
            total[key] = total.get(key, 0.0) + acquisition.dlp_mgy_cm
        return total

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the HDF5 file: under a temporary name first, so that a broken file never has the final one.

        Parameters
        ----------
        path : str or Path
        overwrite : bool
            Replace an existing file.

        Raises
        ------
        CtdoseError
            If the file exists and `overwrite` is False, or it cannot be written.
        """
        from ctdose.results.result_file import save_result

        save_result(self, path, overwrite=overwrite)
