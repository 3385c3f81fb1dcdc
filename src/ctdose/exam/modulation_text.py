"""What a modulated tube current comes to, as lines of text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from ctdose.exam.modulation import TubeCurrents

if TYPE_CHECKING:
    from ctdose.exam.plan import Plan

MOST_ROWS = 10


def modulation_lines(plan: Plan) -> Iterator[str]:
    """Mean and range of the current, whether the tube's limits were met, and a short table along z.

    Nothing for a constant current.
    """
    currents = plan.modulation
    if currents is None:
        return
    yield (
        f"modulated: {currents.min_ma:.4g} to {currents.max_ma:.4g} mA, mean {currents.mean_ma:.4g} mA over the "
        f"whole beam-on{_which(plan)}{_held(plan)}"
    )
    for share, end in ((currents.share_at_min, "least"), (currents.share_at_max, "greatest")):
        if share > 0:
            yield f"{share:.1%} of the beam-on time at the {end} current of the tube"
    if currents.energy_kev is not None:
        yield f"attenuation of the body at {currents.energy_kev:.1f} keV, the mean behind filters and bowtie"
    if len(currents.z_mm) > 1:
        yield from _table(currents)


def _which(plan: Plan) -> str:
    """Whose current that is, where there are several, or what it is multiplied with."""
    assert plan.modulation is not None
    several = " of the first tube" if len({beam.tube for beam in plan.beams}) > 1 else ""
    return several + plan.modulation.where


def _held(plan: Plan) -> str:
    return ", over-ranging included (the current of the last planned position is held)" * (
        plan.over_ranging_mm > 0
    )


def _table(currents: TubeCurrents) -> Iterator[str]:
    """At most ten rows: means over stretches of z, from the head down."""
    z = np.array(currents.z_mm)
    stretches = [s for s in np.array_split(np.arange(z.size), min(MOST_ROWS, z.size)) if s.size]
    diameter = np.array(currents.water_equivalent_diameter_cm)
    mean, low, high = (np.array(getattr(currents, f"z_{name}_ma")) for name in ("mean", "min", "max"))
    head = "D_w (cm)  " if diameter.size else ""
    yield f"  z (mm)  {head}mean mA   min mA   max mA"
    for s in reversed(stretches):
        size = f"{diameter[s].mean():8.1f}  " if diameter.size else ""
        yield f"{z[s].mean():8.1f}  {size}{mean[s].mean():7.1f}  {low[s].min():7.1f}  {high[s].max():7.1f}"
