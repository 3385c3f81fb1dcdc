"""Image noise of every member of a study."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ctdose.exam.phantom_checks import body_name
from ctdose.execution.calibrated import Progress
from ctdose.imaging.noise import Paths
from ctdose.study.calibrations import Emitted
from ctdose.study.image_noise import Noise, mean_noise, noise_on, why_no_image
from ctdose.study.image_region import has_region

if TYPE_CHECKING:
    from ctdose.study.prepared import PreparedStudy

Rays = dict[int, dict[tuple[object, ...], Paths]]
"""Of each body, those that were drawn: members with one geometry have the same."""


def noise_of_members(
    ready: PreparedStudy, emitted: Sequence[Emitted], progress: Progress | None
) -> tuple[list[Noise], tuple[str, ...]]:
    """Noise of each member, and why that of some is not known.

    Parameters
    ----------
    ready : PreparedStudy
    emitted : sequence
        By member.
    progress : callable or None
    """
    found: list[Noise] = []
    rays: Rays = {}
    for member, of_member in enumerate(emitted):
        if progress is not None:
            progress("image noise", member, len(emitted))
        found.append(_noise_of(ready, member, of_member, rays))
    notes = dict.fromkeys(
        f"{name}: {noise.why_not}" for name, noise in zip(ready.names, found, strict=True) if noise.why_not
    )
    return found, tuple(notes)


def _noise_of(ready: PreparedStudy, member: int, emitted: Emitted, rays: Rays) -> Noise:
    exam, keys = ready.exams[member], ready.file.study.noise
    plans = [exam.resolved.plans[body_name(body)][ready.imaged] for body in exam.phantoms]
    why = next((text for text in map(why_no_image, plans) if text), "")
    if why:
        return Noise(why_not=why)
    beam = emitted[ready.imaged][0]
    return mean_noise(
        [
            noise_on(body, exam.resolved.scanner, plan, beam, keys, rays.setdefault(id(body), {}))
            for body, plan in zip(exam.phantoms, plans, strict=True)
            if has_region(body, keys.region)
        ]
    )
