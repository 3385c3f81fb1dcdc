"""Write the table of keys in docs/exam-file.md, from the models that check an exam.

    python tools/make_exam_keys.py

The table stands between two comments of the document; the rest of it is left as it is.
"""

from pathlib import Path

from ctdose.exam.keys import EXAM_KEYS

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "exam-file.md"
BEGIN, END = "<!-- keys: ctdose exam keys --markdown -->\n", "<!-- end of keys -->"


def main() -> None:
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    DOCUMENT.write_text(before + BEGIN + EXAM_KEYS.table("markdown") + END + after, encoding="utf-8")


if __name__ == "__main__":
    main()
