"""Write the table of docs/records.md, from the items that `ctdose show --records` fills in.

    python tools/make_records.py

The table stands between two comments of the document; the rest of it is left as it is.
"""

from pathlib import Path

from ctdose.results.records_items import records_table

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "records.md"
BEGIN, END = "<!-- table: tools/make_records.py -->\n", "<!-- end of table -->"


def main() -> None:
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    DOCUMENT.write_text(before + BEGIN + records_table() + END + after, encoding="utf-8")


if __name__ == "__main__":
    main()
