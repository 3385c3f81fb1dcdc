"""Pictures of a study: dose by organ, and effective dose against noise."""

from __future__ import annotations

import math
from pathlib import Path

from ctdose.study.noise_plot import plot_noise
from ctdose.study.organ_plot import plot_organs
from ctdose.study.plot_style import QUANTITY_WORDS
from ctdose.study.result import StudyResult

ORGANS_FILE, NOISE_FILE = "organs.png", "noise.png"


def plot_study(result: StudyResult, folder: str | Path) -> list[Path]:
    """Draw a study into a folder.

    Parameters
    ----------
    result : StudyResult
    folder : str or Path
        Exists; pictures in it are replaced.

    Returns
    -------
    list of Path
        What was drawn: without image noise there is no picture of it, without any dose there is none at all.

    Raises
    ------
    MissingExtraError
        matplotlib is not installed.
    CtdoseError
        A picture cannot be written.
    """
    if not result.quantities:
        return []
    drawn = [plot_organs(result, Path(folder) / ORGANS_FILE)]
    if any(math.isfinite(m.noise_hu) for m in result.members) and result.quantities[0] in QUANTITY_WORDS:
        drawn.append(plot_noise(result, Path(folder) / NOISE_FILE))
    return drawn
