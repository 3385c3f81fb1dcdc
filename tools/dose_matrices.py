"""Doses of every 5 mm of a scan of the stylized family: of them any range follows without a new run.

A scan at constant current over head and trunk, pitch 1, keeps what each view gives to each organ. The dose of a range
is the sum over the positions of the beam's centre inside it; its DLP, CTDI_vol times its length. That is how tables of
coefficients are made (organ doses of slices, added up), and it is without over-ranging unless that is put in.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ctdose.api import load_result, simulate
from ctdose.exam.parse import exam_from_text
from ctdose.phantoms.library import load_named
from ctdose.phantoms.phantom_file import load_phantom
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.results.result_file import save_result

EXAM = """\
exam: {body}, all of it
phantom: {phantom}
scanner: {scanner}
acquisitions:
  - name: all
    mode: helical
    tube_voltage_kv: 120
    bowtie: {bowtie}
    collimation_mm: 20
    pitch: 1.0
    rotation_time_s: 0.5
    scan_range: [{low:.1f}, {high:.1f}]
    tube_current_ma: 100
    modulation: []
simulation: {{histories: {histories}, seed: 1}}
"""


@dataclass(frozen=True)
class DoseMatrix:
    """Doses of one body by position of the beam, over CTDI_vol.

    Attributes
    ----------
    names : tuple of str
        ``organ:NAME``, ``tissue:NAME``, ``weighted:NAME``.
    z_start_mm, z_end_mm : float64 ndarray [positions]
        Rising.
    per_ctdi, error : float64 ndarray [positions, names]
        Dose over CTDI_vol of the bowtie's own phantom, and its standard error.
    """

    names: tuple[str, ...]
    z_start_mm: np.ndarray
    z_end_mm: np.ndarray
    per_ctdi: np.ndarray
    error: np.ndarray

    def doses(self, low_mm: float, high_mm: float) -> dict[str, float]:
        """Doses of a range over CTDI_vol."""
        inside = np.minimum(self.z_end_mm, high_mm) - np.maximum(self.z_start_mm, low_mm)
        share = np.clip(inside / (self.z_end_mm - self.z_start_mm), 0.0, 1.0)
        return dict(zip(self.names, share @ self.per_ctdi))

    def errors(self, low_mm: float, high_mm: float) -> dict[str, float]:
        """Standard errors of `doses`."""
        inside = np.minimum(self.z_end_mm, high_mm) - np.maximum(self.z_start_mm, low_mm)
        share = np.clip(inside / (self.z_end_mm - self.z_start_mm), 0.0, 1.0)
        return dict(zip(self.names, np.sqrt(share**2 @ self.error**2)))

    def per_dlp(self, low_mm: float, high_mm: float) -> dict[str, float]:
        """Doses of a range over DLP without over-ranging, 1/cm."""
        length_cm = (high_mm - low_mm) / 10.0
        return {name: dose / length_cm for name, dose in self.doses(low_mm, high_mm).items()}


def load_body(body: str) -> VoxelPhantom:
    """A phantom of the library, or of a file .h5."""
    return load_phantom(Path(body)) if body.endswith(".h5") else load_named(body)


def dose_matrix(
    body: str,
    bowtie: str,
    histories: int,
    folder: Path,
    *,
    scanner: str = "generic-64",
    arms: str = "raised",
) -> DoseMatrix:
    """Simulate a body (a name, or a phantom file .h5), or read what an earlier call left in the folder."""
    file = folder / f"{Path(body).stem}-{Path(scanner).stem}-{bowtie}-{arms}.h5"
    if not file.exists():
        marks = load_body(body).anatomy.landmarks_mm
        low = marks["lung_base"][2] - 30.0 if bowtie == "head" else marks["ischium"][2] - 40.0
        text = EXAM.format(
            body=Path(body).stem,
            phantom=body if body.endswith(".h5") else f"{{like: {body}, arms: {arms}}}",
            scanner=scanner,
            bowtie=bowtie,
            low=low,
            high=marks["vertex"][2] + 5.0,
            histories=histories,
        )
        save_result(simulate(exam_from_text(text), dose_map=False), file)
    result = load_result(file)
    (found,) = result.bodies.values()
    views, ctdi = found.views, result.acquisitions[0].ctdi_vol_mgy
    starts, of = np.unique(views.bins.z_start_mm, return_inverse=True)
    ends = np.zeros(starts.size)
    np.maximum.at(ends, of.ravel(), views.bins.z_end_mm)
    dose, squares = (np.zeros((starts.size, len(views.names))) for _ in range(2))
    np.add.at(dose, of.ravel(), views.dose_mgy / ctdi)
    np.add.at(squares, of.ravel(), (views.standard_error_mgy / ctdi) ** 2)
    return DoseMatrix(views.names, starts, ends, dose, np.sqrt(squares))
