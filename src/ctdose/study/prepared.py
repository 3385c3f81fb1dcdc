"""A study with its bodies loaded and its plans made, ready to run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ctdose.errors import CtdoseError
from ctdose.exam.acquisition import Acquisition
from ctdose.exam.model import MOST_WITH_TARGET
from ctdose.study.parse import StudyFile

if TYPE_CHECKING:
    from ctdose.api import PreparedExam


@dataclass(frozen=True)
class PreparedStudy:
    """A study ready to run.

    Parameters
    ----------
    file : StudyFile
    exams : tuple of PreparedExam
        Of each member, the base first.
    names : tuple of str
        Of the members.
    imaged : int
        Number of the acquisition whose images are compared.
    histories : int
        Of each set of members that share them, over all bodies; with a target, at most.
    seed : int
    target_error : float or None
        How well the ratios of effective dose (of the greatest dose where it is not defined) are to be known.
    """

    file: StudyFile
    exams: tuple[PreparedExam, ...]
    names: tuple[str, ...]
    imaged: int
    histories: int
    seed: int
    target_error: float | None = None


def prepare_study(
    file: StudyFile,
    *,
    histories: int | None = None,
    seed: int | None = None,
    target_error: float | None = None,
) -> PreparedStudy:
    """Load the scanners and bodies of a study and check that all fits; nothing is simulated.

    Parameters
    ----------
    file : StudyFile
    histories, seed : int, optional
        Instead of those of the study. With a target `histories` is the most, by default 1e9.
    target_error : float, optional
        Relative standard error of the ratios of effective dose, where to stop.

    Raises
    ------
    CtdoseError
        A variant does not fit its bodies or its scanner, one line each; the region is unknown or not irradiated.
    """
    from ctdose.api import prepare
    from ctdose.phantoms.library import load_bodies

    study, base = file.study, file.members[0].exam
    imaged = _imaged(file)
    bodies = load_bodies(base.phantom_source, base.simulation.voxel_mm, folder=base.folder)
    exams = []
    for member in file.members:
        try:
            exams.append(prepare(member.exam, bodies=bodies))
        except CtdoseError as error:
            if member is file.members[0]:
                raise
            line = str(error).split("\n", 1)[0]
            why, right = f"cannot be scanned: {line}", "Change what is set, or leave this variant out."
            raise file.error(member.path, member.name, why, right) from None
    stated = study.histories or base.simulation.histories
    if target_error is not None:
        stated = MOST_WITH_TARGET
    ready = PreparedStudy(
        file=file,
        exams=tuple(exams),
        names=tuple(member.name for member in file.members),
        imaged=imaged,
        histories=histories or stated,
        seed=seed if seed is not None else study.seed if study.seed is not None else base.simulation.seed,
        target_error=target_error,
    )
    from ctdose.study.image_region import check_region
    from ctdose.study.noise_checks import check_threshold

    check_threshold(ready)
    check_region(ready, tuple(bodies))
    return ready


def _imaged(file: StudyFile) -> int:
    """Which acquisition makes the images: the one that is named, or the first that rotates."""
    acquisitions: Sequence[Acquisition] = file.members[0].exam.acquisitions
    wanted = file.study.noise.acquisition
    names = [each.name for each in acquisitions]
    if wanted is None:
        return next((i for i, each in enumerate(acquisitions) if each.mode != "localizer"), 0)
    if wanted not in names:
        why, right = "no acquisition of the base", f"It has: {', '.join(names)}."
        raise file.error(("noise", "acquisition"), wanted, why, right)
    return names.index(wanted)
