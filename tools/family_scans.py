"""Scans of the stylized family whose ranges can be chosen afterwards: doses, landmarks, and two beams.

The second beam is that of generic-64 with a wider body bowtie (`WIDER_RAD`), so that its CTDI_w in 16 cm is 2.08 times
that in 32 cm, as in AAPM Report 204; it is nobody's scanner.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
from dose_matrices import DoseMatrix, dose_matrix, load_body

from ctdose.api import available_threads
from ctdose.dosimetry.tissue_weights import TissueWeights
from ctdose.scanner.library import load_scanner

BOWTIE_RAD, WIDER_RAD = 0.205, 0.26
OVER_RANGING_MM = 19.0  # beyond either end: half of 1.3 x 20 mm + 12 mm


@dataclass(frozen=True)
class Body:
    """Doses of one body and where its landmarks lie, mm."""

    doses: DoseMatrix
    z_mm: dict[str, float]

    def range_mm(self, region: str) -> tuple[float, float]:
        """The shipped range of a region; `chest to kidneys` ends 10 mm below the kidneys."""
        z = self.z_mm
        if region == "head":
            return z["skull_base"] - 10.0, z["vertex"] + 5.0
        top = z["liver_dome"] if region == "abdomen-pelvis" else z["lung_apex"]
        bottom = {"chest": "lung_base", "chest to kidneys": "kidney_base"}.get(region, "ischium")
        return z[bottom] - 10.0, top + 10.0


@dataclass
class Bodies:
    """The simulated bodies, kept in a folder."""

    folder: Path
    histories: int

    def scanner(self, wider: bool) -> str:
        """The scanner of the library, or the file of the one with the wider bowtie."""
        if not wider:
            return "generic-64"
        file = self.folder / "generic-64-wider.yaml"
        text = files("ctdose.scanner.data").joinpath("generic-64.yaml").read_text("utf-8")
        for old, new in (
            ("scanner: generic-64", "scanner: generic-64-wider"),
            (f"angle_rad: {BOWTIE_RAD}", f"angle_rad: {WIDER_RAD}"),
        ):
            if text.count(old) != 1:
                raise SystemExit(f"generic-64.yaml: {old} is not there once, so its bowtie cannot be widened")
            text = text.replace(old, new)
        file.write_text(text, "utf-8")
        return str(file)

    def both(
        self, age: str, bowtie: str = "body", *, wider: bool = False, arms: str = "raised"
    ) -> list[Body]:
        """Male and female of an age."""
        return self.each([f"{age}-{sex}" for sex in ("male", "female")], bowtie, wider=wider, arms=arms)

    def each(
        self, names: Sequence[str], bowtie: str = "body", *, wider: bool = False, arms: str = "raised"
    ) -> list[Body]:
        """Bodies by name, or by phantom file."""
        found = []
        for name in names:
            matrix = dose_matrix(
                name, bowtie, self.histories, self.folder, scanner=self.scanner(wider), arms=arms
            )
            found.append(Body(matrix, landmarks(name)))
        return found

    @cache  # noqa: B019 (lives as long as the program)
    def in_16_over_32_cm(self, wider: bool) -> float:
        """CTDI_w of the body's beam in 16 cm over that in 32 cm, simulated."""
        from ctdose.calibration.ctdi import ctdi_tables, simulate_ctdi
        from ctdose.simulation.ct_beam import build_ct_beam

        beam = build_ct_beam(load_scanner(self.scanner(wider), Path()), 120.0, "body", 40.0)
        found = []
        for size in (16, 32):
            tables, composites = ctdi_tables(beam, size)
            run = simulate_ctdi(
                tables, composites, 40.0, relative_standard_error=2e-3, threads=available_threads()
            )
            found.append(run.weighted)
        return found[0] / found[1]

    def __hash__(self) -> int:
        return id(self)


@cache
def landmarks(name: str) -> dict[str, float]:
    """Heights of the landmarks, and of the lower end of the kidneys."""
    phantom = load_body(name)
    found = {mark: place[2] for mark, place in phantom.anatomy.landmarks_mm.items()}
    kidneys = [phantom.organ(f"{side}_kidney").organ_id for side in ("left", "right")]
    lowest = np.flatnonzero(np.isin(phantom.region_index, kidneys).any(axis=(1, 2))).min()
    found["kidney_base"] = phantom.origin_mm[2] + (lowest - 0.5) * phantom.spacing_mm[2]
    return found


def mean(bodies: list[Body], of: Callable[[Body], float]) -> float:
    """Mean of both sexes."""
    return float(np.mean([of(body) for body in bodies]))


def weighted(
    body: Body, region: str, *, beyond_mm: float = 0.0, up_mm: float = 0.0, down_mm: float = 0.0
) -> float:
    """Effective dose (one sex) over DLP, with both ends moved outwards and DLP as long as the irradiated range."""
    low, high = body.range_mm(region)
    return body.doses.per_dlp(low - beyond_mm - down_mm, high + beyond_mm + up_mm)["weighted:icrp103"]


def weight_of(weights: TissueWeights, name: str) -> float:
    """Tissue weighting factor; a thirteenth of the remainder's."""
    return weights.weights.get(name, weights.remainder_weight / 13.0 if name in weights.remainder else 0.0)


def percent(factor: float) -> str:
    """A factor as a difference in percent."""
    return f"{100 * (factor - 1):+.0f}"
