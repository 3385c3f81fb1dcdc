"""The key table and the JSON Schema of a scanner's file say what the models check."""

import json

import pytest
import yaml

from ctdose.cli.main import main
from ctdose.scanner.keys import SCANNER_KEYS
from ctdose.scanner.library import scanner_names, scanner_text

ROWS = {row[0]: dict(zip(SCANNER_KEYS.headings, row, strict=True)) for row in SCANNER_KEYS.rows()}


def paths(value, place=""):
    """Paths of all keys of a file as the table writes them."""
    by_name = ("bowties", "filters", "focal_spots")
    for name, item in value.items():
        here = f"{place}{name}"
        if here in by_name:
            here += ".NAME"
            yield here
            for entry in item.values():
                yield from paths(entry, f"{here}.")
        elif isinstance(item, dict) and here not in ("inherent_filtration_mm", "filters.NAME.thickness_mm"):
            yield here
            yield from paths(item, f"{here}.")
        elif isinstance(item, list) and isinstance(item[0], dict):
            yield f"{here}[]"
            for entry in item:
                yield from paths(entry, f"{here}[].")
        else:
            yield here


def test_every_key_of_the_library_is_in_the_table_and_the_other_way_round():
    used = {path for name in scanner_names() for path in paths(yaml.safe_load(scanner_text(name)))}
    assert used <= set(ROWS)
    # What no shipped file needs: a bowtie as a table, an output behind a filter.
    unused = {
        "bowties.NAME.table_deg_mm",
        "output.tables[].filter",
        "bowties.NAME.verified",
        "output.verified",
    }
    assert set(ROWS) - used <= unused


def test_rows_that_matter():
    assert ROWS["tube.current_max_ma"]["range"] == "above 0, at most 5000"
    assert ROWS["geometry.anode_side"]["type"] == "head | foot"
    assert ROWS["filters.NAME.thickness_mm"]["type"] == "material: number"
    assert ROWS["collimations.beams[]"]["type"] == "list of mappings"
    assert ROWS["over_ranging.dynamic_collimation"]["default"] == "false"
    assert ROWS["scanner"]["default"] == "required"
    assert all(row["meaning"] and row["type"] for row in ROWS.values())


def test_units_are_in_the_names():
    endings = {
        "mm": "_mm",
        "kV": "_kv",
        "s": "_s",
        "mA": "_ma",
        "deg": "_deg",
        "kW": "_kw",
        "g/cm3": "_g_cm3",
    }
    for row in ROWS.values():
        if row["unit"] in endings:
            assert row["key"].endswith(endings[row["unit"]])


def test_the_document_has_the_table(root):
    text = (root / "docs" / "scanners.md").read_text(encoding="utf-8")
    shown = text.split("<!-- keys: ctdose scanner keys --markdown -->\n")[1].split("<!-- end of keys -->")[0]
    assert shown == SCANNER_KEYS.table("markdown"), "run python tools/make_scanner_tables.py --keys"


def test_the_document_has_a_row_for_every_stated_output(root):
    from ctdose.scanner.library import load_scanner

    text = (root / "docs" / "scanners.md").read_text(encoding="utf-8")
    for name in scanner_names():
        scanner = load_scanner(name)
        section = text.split(f"### {name}\n")[1].split("###")[0]
        for table in scanner.output.tables:
            place = f"{table.bowtie}, {table.ctdi_phantom_cm} cm" + (
                f", {table.filter}" if table.filter else ""
            )
            for kv, value in table.ctdi_w_mgy_per_100mas:
                row = f"| {place} | {kv:g} | {value:.4g} |"
                assert row in section, f"{name}: {row}"


def test_json_schema_is_plain_and_strict(capsys):
    assert main(["scanner", "keys", "--schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert schema == SCANNER_KEYS.json_schema()
    assert schema["title"] == "ctdose scanner"
    assert schema["additionalProperties"] is False
    assert "(mm)" in schema["$defs"]["FocalSpot"]["properties"]["width_mm"]["description"]
    assert not any(f'"{ours}"' in json.dumps(schema) for ours in ("modes", "right", "later"))


def test_forms(capsys):
    assert main(["scanner", "keys", "--markdown"]) == 0
    assert capsys.readouterr().out == SCANNER_KEYS.table("markdown")
    assert SCANNER_KEYS.table("tsv").splitlines()[0].split("\t") == list(SCANNER_KEYS.headings)
    assert main(["scanner", "keys", "--markdown", "--schema"]) == 2
    assert "two forms at once" in capsys.readouterr().err
    with pytest.raises(ValueError, match="form=html"):
        SCANNER_KEYS.table("html")
