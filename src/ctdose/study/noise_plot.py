"""Picture of a study: effective dose against image noise."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ctdose.results.canvas import new_figure, save_figure
from ctdose.study.image_noise import Noise
from ctdose.study.plot_style import NOTE, QUANTITY_WORDS, SIZE_PT, colour, dress, marker
from ctdose.study.result import StudyResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ctdose.kernels.tables import F64

WIDTH_IN, HEIGHT_IN = 6.75, 4.6


def plot_noise(result: StudyResult, path: Path) -> Path:
    """Draw each member where it stands, on the line along which its mAs would move it."""
    name = result.quantities[0]
    figure = new_figure(WIDTH_IN, HEIGHT_IN)
    axes = figure.add_subplot()
    known = [i for i, m in enumerate(result.members) if math.isfinite(m.noise_hu)]
    noise = [result.members[i].noise_hu for i in known]
    span = np.geomspace(min(noise) * 0.8, max(noise) * 1.25, 100)
    for n, i in enumerate(known):
        dose, error = result.dose_at(i, name)
        own = "black" if i == 0 else colour(n - 1, len(known) - 1)
        axes.plot(span, dose * _loads(result, i, span), color=own, linewidth=0.7, alpha=0.6)
        axes.errorbar(
            result.members[i].noise_hu,
            dose,
            yerr=error,
            color=own,
            marker="X" if i == 0 else marker(n - 1),
            markersize=4,
            linestyle="",
            capsize=2,
            label=result.members[i].name,
        )
    axes.set_xscale("log")
    axes.set_yscale("log")
    doses = [result.dose_at(i, name)[0] for i in known]
    axes.set_ylim(min(doses) / 1.6, max(doses) * 1.6)
    _plain_ticks(axes)
    where = "the body's centre" if result.region == "centre" else result.region
    dress(axes, result, f"noise in {where} (HU)", QUANTITY_WORDS[name])
    figure.text(0.01, 0.01, f"Points: as stated; lines: with other mAs. {NOTE}", fontsize=SIZE_PT - 1)
    figure.tight_layout(rect=(0, 0.03, 1, 1))
    save_figure(figure, path)
    return path


def _loads(result: StudyResult, i: int, noise_hu: F64) -> F64:
    """By which factor the tube load of a member has to change for other noises."""
    member = result.members[i]
    electronic = member.electronic_noise_hu**2
    own = Noise(member.noise_hu**2 - electronic, electronic)
    return np.array([own.load_for(float(each)) for each in noise_hu])


def _plain_ticks(axes: Axes) -> None:
    """Numbers as one writes them on both logarithmic axes; round ones where the axis is short."""
    from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, NullLocator, StrMethodFormatter

    for axis, (low, high) in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        wide = high / low > 5.0
        axis.set_major_locator(LogLocator(10.0, (1.0, 2.0, 5.0)) if wide else MaxNLocator(7))
        axis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axis.set_minor_formatter(NullFormatter())
        if not wide:
            axis.set_minor_locator(NullLocator())
