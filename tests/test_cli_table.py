"""Tables on a terminal: no word and no number is broken, however narrow it is, and no text of a file does harm."""

import dataclasses
import re
from pathlib import Path

import pytest

from ctdose.cli.display import TerminalDisplay
from ctdose.cli.main import main
from ctdose.cli.table import column_widths, print_table
from ctdose.results.result_file import load_result, save_result

HEADINGS = ("organ", "dose (mGy)", "remark")
ROWS = [
    ("extrathoracic_region", "2.02 ± 0.16", "adult-male, no photon came there"),
    ("liver", "11.53 ± 0.11", ""),
]


def test_a_wide_terminal_folds_nothing():
    assert column_widths(HEADINGS, ROWS, (1,), 200) == [20, 12, 32]
    assert column_widths(HEADINGS, ROWS, (1,), 64) == [20, 12, 32]


def test_what_is_missing_is_taken_from_the_words():
    """The longest words (adult-male,) and the numbers stay whole; a terminal that is too narrow breaks the lines."""
    assert column_widths(HEADINGS, ROWS, (1,), 54) == [20, 12, 22]
    assert column_widths(HEADINGS, ROWS, (1,), 10) == [20, 12, 11]


def test_a_path_may_be_broken():
    assert column_widths(("file",), [("/" + "x" * 99,)], (), 20) == [32]


def test_empty_tables_have_the_width_of_their_headings():
    assert column_widths(HEADINGS, [], (1,), 200) == [5, 10, 6]
    assert column_widths(HEADINGS, [], (1,), 1) == [5, 5, 6]


@pytest.mark.parametrize("columns", ["20", "60", "200"])
def test_everything_is_printed_at_any_width(capsys, monkeypatch, columns):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", columns)
    print_table(HEADINGS, ROWS, numbers=(1,))
    text = re.sub(r"\x1b\[\d*m", "", capsys.readouterr().out)  # bold headings
    for piece in ("extrathoracic_region", "2.02 ± 0.16", "11.53 ± 0.11", "adult-male,", "there"):
        assert piece in text
    assert len({len(line) for line in text.splitlines()}) == 1


def test_a_bar_is_named_in_plain_text(capfd, monkeypatch):
    """A body has the name that its phantom's file gives it."""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    display = TerminalDisplay()
    display.begin("evil\x1b[2J")
    display.note("said\x1b[2J")
    display.close()
    shown = capfd.readouterr().err
    assert "evil?[2J" in shown
    assert "said?[2J" in shown


@pytest.mark.parametrize(
    "words", [["show", "evil.h5"], ["show", "evil.h5", "--all"], ["diff", "evil.h5", "good.h5"]]
)
def test_a_text_in_a_result_reaches_the_terminal_as_text(tmp_path, monkeypatch, capsys, words):
    """A result may come from somebody else: its title must neither move the cursor nor make lines of its own."""
    monkeypatch.chdir(tmp_path)
    good = load_result(Path(__file__).parent / "data" / "result_1_0.h5")
    save_result(good, "good.h5")
    evil = "\x1b[2J\nliver\t0"
    save_result(
        dataclasses.replace(good, exam=evil, versions={**good.versions, "ctdose_version": evil}), "evil.h5"
    )
    main(words)
    shown = capsys.readouterr()
    assert "\x1b" not in shown.out + shown.err
    assert not [line for line in shown.out.splitlines() if line.startswith("liver\t0")]
