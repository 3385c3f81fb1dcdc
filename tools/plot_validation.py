"""Draw docs/images/validation-tg195.png: every row of the published table against AAPM Report 195.

python tools/plot_validation.py
"""

from pathlib import Path

import matplotlib.pyplot as plt

from ctdose.validation.published import PublishedCase, load_published

DOCS = Path(__file__).resolve().parents[1] / "docs"
PICTURE = DOCS / "images" / "validation-tg195.png"
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#BBBBBB"  # Okabe and Ito: told apart by colour-blind eyes
LIMIT_PERCENT = 4.0


def draw(cases: list[PublishedCase], path: Path) -> None:
    """One panel a case: difference from the mean of the codes, with its standard error and the allowed band."""
    figure, axes = plt.subplots(len(cases), 1, figsize=(9.0, 2.1 * len(cases)), layout="constrained")
    for axis, case in zip(axes, cases):
        _panel(axis, case)
    axes[-1].set_xlabel("row of the case, in the order of the tables")
    figure.supylabel("ctdose less the mean of the codes, %")
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _panel(axis, case: PublishedCase) -> None:
    numbers = range(1, len(case.rows) + 1)
    allowed = [row.allowed_percent for row in case.rows]
    axis.fill_between(numbers, [-a for a in allowed], allowed, step="mid", color=GREY, alpha=0.45, lw=0)
    for accepted, colour, marker in ((True, BLUE, "o"), (False, ORANGE, "X")):
        chosen = [(i, row) for i, row in zip(numbers, case.rows) if row.ok is accepted]
        axis.errorbar(
            [i for i, _ in chosen],
            [row.difference_percent for _, row in chosen],
            yerr=[row.sigma_percent for _, row in chosen],
            fmt=marker,
            color=colour,
            markersize=3.0 if accepted else 7.0,
            elinewidth=0.7,
        )
    axis.axhline(0.0, color="black", lw=0.6)
    axis.set_ylim(-LIMIT_PERCENT, LIMIT_PERCENT)
    axis.margins(x=0.01)
    outside = sum(not row.ok for row in case.rows)
    axis.set_title(
        f"Case {case.case}: {len(case.rows)} rows, {outside} not accepted", loc="left", fontsize=10
    )


def main() -> None:
    draw(list(load_published(DOCS).values()), PICTURE)


if __name__ == "__main__":
    main()
