"""Pictures of a study: dose at equal noise by organ, and effective dose against noise."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ctdose.results.canvas import new_figure, save_figure
from ctdose.study.result import EFFECTIVE, EQUAL_CTDI, EQUAL_NOISE, IMAGE_CRITERIA, ONE_SEX, StudyResult
from ctdose.study.tables import DOSE_ERROR_OF_NOISE_MODEL, WORDS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH_IN, SIZE_PT, MOST_ORGANS, ROW_IN = 9.0, 7.5, 10, 0.11
ORGANS_FILE, NOISE_FILE = "organs.png", "noise.png"
NOTE = "Filtered backprojection; not equal noise in iterative or learned reconstruction."
QUANTITY_WORDS = {
    EFFECTIVE: "effective dose (mSv)",
    ONE_SEX: "weighted dose of one sex (mSv)",
}


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
        What was drawn: without image noise there is no picture of it.

    Raises
    ------
    MissingExtraError
        matplotlib is not installed.
    CtdoseError
        A picture cannot be written.
    """
    drawn = [_plot_organs(result, Path(folder) / ORGANS_FILE)]
    if any(math.isfinite(m.noise_hu) for m in result.members) and result.quantities[0] in QUANTITY_WORDS:
        drawn.append(_plot_noise(result, Path(folder) / NOISE_FILE))
    return drawn


def compared_at(result: StudyResult) -> str:
    """At what the organs are drawn: equal noise, or equal CTDI_vol where noise is not known."""
    known = result.criteria
    return next(
        (name for name in (EQUAL_NOISE, EQUAL_CTDI) if name in known), known[-1] if known else "as_stated"
    )


def _plot_organs(result: StudyResult, path: Path) -> Path:
    """Bars: ratio of each dose to that of the base, with the standard errors of the ratios."""
    criterion, names = compared_at(result), result.quantities[:MOST_ORGANS]
    others = [i for i, m in enumerate(result.members) if i and math.isfinite(m.at[criterion].factor)]
    height = 1.6 + ROW_IN * len(names) * (len(others) + 1)
    figure = new_figure(WIDTH_IN, max(3.0, min(height, 20.0)))
    axes = figure.add_subplot()
    thick = 0.85 / max(len(others), 1)
    for n, i in enumerate(others):
        values = np.array([result.ratio(i, name, criterion) for name in names])
        beyond = "not by this tube" if "gives" in result.members[i].at[criterion].note else ""
        axes.barh(
            np.arange(len(names)) + (n - (len(others) - 1) / 2) * thick,
            values[:, 0],
            height=thick,
            xerr=values[:, 1],
            color=_colour(n, len(others)),
            error_kw={"elinewidth": 0.8, "capsize": 1.2},
            alpha=0.45 if beyond else 1.0,
            label=result.members[i].name + (f" ({beyond})" if beyond else ""),
        )
    axes.axvline(1.0, color="black", linewidth=0.8)
    axes.set_yticks(
        np.arange(len(names)), [_words(name) for name in names], fontsize=SIZE_PT, parse_math=False
    )
    axes.set_ylim(len(names) - 0.4, -0.6)
    _dress(axes, f"dose {WORDS[criterion]}, relative to {result.members[0].name}", "")
    axes.set_title(result.title, fontsize=SIZE_PT + 1.5, loc="left", parse_math=False)
    _legend(axes)
    if criterion in IMAGE_CRITERIA:
        low, high = 1 - DOSE_ERROR_OF_NOISE_MODEL, 1 + DOSE_ERROR_OF_NOISE_MODEL
        axes.axvspan(low, high, color="0.85", zorder=0)
        text = (
            f"Grey: what the noise model can be wrong by ({DOSE_ERROR_OF_NOISE_MODEL:.0%} of a dose). {NOTE}"
        )
        figure.text(0.01, 0.01, text, fontsize=SIZE_PT - 1)
    figure.tight_layout(rect=(0, 0.04 * 3.0 / figure.get_figheight() * 1.6, 1, 1))
    save_figure(figure, path)
    return path


def _plot_noise(result: StudyResult, path: Path) -> Path:
    """Each member where it stands, on the line along which its mAs would move it."""
    name = result.quantities[0]
    figure = new_figure(WIDTH_IN * 0.75, 4.6)
    axes = figure.add_subplot()
    known = [i for i, m in enumerate(result.members) if math.isfinite(m.noise_hu)]
    noise = [result.members[i].noise_hu for i in known]
    span = np.geomspace(min(noise) * 0.8, max(noise) * 1.25, 100)
    for n, i in enumerate(known):
        member, (dose, error) = result.members[i], result.dose_at(i, name)
        colour = "black" if i == 0 else _colour(n - 1, len(known) - 1)
        quantum = member.noise_hu**2 - member.electronic_noise_hu**2
        factor = [_load(quantum, member.electronic_noise_hu**2, each) for each in span]
        axes.plot(span, dose * np.array(factor), color=colour, linewidth=0.7, alpha=0.6)
        axes.errorbar(
            member.noise_hu, dose, yerr=error, color=colour, marker="o", markersize=4, linestyle="",
            capsize=2, label=member.name,
        )  # fmt: skip
    axes.set_xscale("log")
    axes.set_yscale("log")
    doses = [result.dose_at(i, name)[0] for i in known]
    axes.set_ylim(min(doses) / 1.6, max(doses) * 1.6)
    _plain_ticks(axes)
    where = "the body's centre" if result.region == "centre" else result.region
    _dress(axes, f"noise in {where} (HU)", QUANTITY_WORDS[name])
    axes.set_title(result.title, fontsize=SIZE_PT + 1.5, loc="left", parse_math=False)
    _legend(axes)
    figure.text(0.01, 0.01, f"Points: as stated; lines: with other mAs. {NOTE}", fontsize=SIZE_PT - 1)
    figure.tight_layout(rect=(0, 0.03, 1, 1))
    save_figure(figure, path)
    return path


def _load(quantum: float, electronic: float, noise_hu: float) -> float:
    from ctdose.study.image_noise import Noise

    return Noise(quantum, electronic).load_for(noise_hu)


def _plain_ticks(axes: Axes) -> None:
    """Numbers as one writes them on both logarithmic axes."""
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(10.0, (1.0, 2.0, 5.0)))
        axis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axis.set_minor_formatter(NullFormatter())


def _colour(n: int, count: int) -> tuple[float, float, float, float]:
    from matplotlib import colormaps

    r, g, b, a = colormaps["viridis"](n / max(count - 1, 1) * 0.9)
    return float(r), float(g), float(b), float(a)


def _words(name: str) -> str:
    return QUANTITY_WORDS.get(name, name).split(" (")[0].replace("_", " ")


def _legend(axes: Axes) -> None:
    legend = axes.legend(fontsize=SIZE_PT, frameon=False, loc="center left", bbox_to_anchor=(1.01, 0.5))
    for text in legend.get_texts():
        text.set_parse_math(False)


def _dress(axes: Axes, x: str, y: str) -> None:
    axes.set_xlabel(x, fontsize=SIZE_PT, parse_math=False)
    axes.set_ylabel(y, fontsize=SIZE_PT, parse_math=False)
    axes.tick_params(labelsize=SIZE_PT)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
