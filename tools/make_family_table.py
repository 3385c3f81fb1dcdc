"""Write the tables of docs/phantoms-family.md: masses of all stylized reference persons, from the data files.

    python tools/make_family_table.py

The tables stand between two comments of the document; the rest of it is left as it is.
"""

from pathlib import Path

from ctdose.phantoms.stylized.body_masses import reference_amounts
from ctdose.phantoms.stylized.data_files import AGES, SEXES, read_data
from ctdose.phantoms.stylized.masses import read_marrow_sites
from ctdose.phantoms.stylized.person import reference_person

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "phantoms-family.md"
BEGIN, END = "<!-- tables: tools/make_family_table.py -->", "<!-- end of tables -->"
BODIES = [(age, sex) for age in AGES for sex in SEXES]
COLUMNS = [f"{age} {sex[0].upper()}" for age, sex in BODIES]


def tables() -> str:
    """Give both tables as Markdown."""
    return f"{_organs()}\n{_marrow()}"


def _organs() -> str:
    source = {name: row["source"] for row in read_data("child_masses")["organs"] for name in row["organs"]}
    amounts = {body: reference_amounts(*body) for body in BODIES}
    rows = [_head("organ", "children from")]
    for name, amount in amounts["adult", "male"].items():
        cells = [_grams(amounts[body][name].mass_g, amounts[body][name].volume_cm3) for body in BODIES]
        kind = "rest" if name == "adipose" else "bones" if amount.entry["id"] > 100 else source[name]
        rows.append(_row(name, kind, cells))
    whole = [f"{sum(a.mass_g for a in amounts[body].values()):.6g}" for body in BODIES]
    return "\n".join([*rows, _row("**whole body**", "icrp89", whole)]) + "\n"


def _marrow() -> str:
    sites = {body: {s.name: s for s in read_marrow_sites(reference_person(*body), "down")} for body in BODIES}
    rows = [_head("active marrow of", "children from")]
    for name in sites["adult", "male"]:
        masses = [sites[body][name].active_marrow_g for body in BODIES]
        if any(masses):
            rows.append(_row(name, "child_marrow", [_grams(mass, 0.0) for mass in masses]))
    return "\n".join(rows) + "\n"


def _grams(mass_g: float, volume_cm3: float) -> str:
    return f"{volume_cm3:.3g} cm³" if volume_cm3 else f"{mass_g:.4g}" if mass_g > 1e-9 else "–"


def _head(*names: str) -> str:
    return f"{_row(names[0], names[1], COLUMNS)}\n{_row('---', '---', ['---:'] * len(COLUMNS))}"


def _row(name: str, source: str, cells: list[str]) -> str:
    return f"| {name} | {source} | {' | '.join(cells)} |"


def main() -> None:
    """Write the tables into the document."""
    before, rest = DOCUMENT.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    DOCUMENT.write_text(f"{before}{BEGIN}\n\n{tables()}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
