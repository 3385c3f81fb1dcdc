"""Parts of a run: each for one task of a job array, joined to the bits of a run in one piece."""

import importlib.util
from pathlib import Path

import pytest

import ctdose
from ctdose.cli.main import main
from ctdose.cli.merge import ranges_text
from ctdose.cli.run_part import parse_share
from ctdose.errors import CtdoseError
from ctdose.results.part_file import load_part

spec = importlib.util.spec_from_file_location("broken_runs", Path(__file__).with_name("broken_runs.py"))
broken = importlib.util.module_from_spec(spec)
spec.loader.exec_module(broken)
BATCH = broken.BATCH


@pytest.fixture
def folder(tmp_path, monkeypatch):
    broken.calibrate_by_number(monkeypatch)
    (tmp_path / "mine.yaml").write_text(broken.EXAM)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def part(batches: str, *words: str) -> int:
    return main(["run", "mine.yaml", "--threads", "1", "--batches", batches, *words])


def last_error(capsys) -> str:
    return capsys.readouterr().err.splitlines()[-1]


def test_merged_parts_have_the_bits_of_one_run(folder, capsys):
    for share in ("3/3", "1/3"):
        assert part(share) == 0
    assert part("2:4") == 0
    assert part("4:5", "--threads", "2") == 0
    names = ["mine.3of3.part", "mine.1of3.part", "mine.2-4.part", "mine.4-5.part"]
    assert [load_part(folder / name).done // BATCH for name in names] == [3, 2, 2, 1]
    assert main(["merge", *names, "-o", "all.h5"]) == 0
    assert last_error(capsys) == "Wrote all.h5: 524,288 histories of 4 parts."
    broken.assert_same_bits(ctdose.load_result("all.h5"), ctdose.simulate("mine.yaml"))


def test_what_is_missing_is_named_and_can_be_made_up_for(folder, capsys):
    assert part("0:3", "-o", "a.part") == 0
    assert part("5:6", "-o", "b.part") == 0
    assert main(["merge", "a.part", "b.part", "-o", "some.h5"]) == 1
    assert "water-cylinder lacks 4 batches: 3:5, 6:8." in capsys.readouterr().err
    assert not ctdose.load_result("some.h5").complete
    assert main(["merge", "a.part", "b.part", "-o", "mine.h5.part"]) == 1
    assert main(["run", "mine.yaml"]) == 0
    assert "Going on from mine.h5.part: 262,144 histories" in capsys.readouterr().err
    broken.assert_same_bits(ctdose.load_result("mine.h5"), ctdose.simulate("mine.yaml"))


def test_a_part_goes_on(folder, capsys):
    assert part("0:2", "-o", "a.part") == 0
    before = load_part(folder / "a.part").bodies["water-cylinder"].sums
    assert part("0:3", "-o", "a.part") == 0
    assert "Going on from a.part: 131,072 histories are done." in capsys.readouterr().err
    after = load_part(folder / "a.part").bodies["water-cylinder"].sums
    assert after.batches.tolist() == [0, 1, 2]
    assert (after.rows[:2] == before.rows).all()
    assert part("1:3", "-o", "a.part") == 2
    assert "holds 65,536 histories on water-cylinder beyond the 131,072" in last_error(capsys)


def test_parts_of_two_runs_or_twice_the_same_are_refused(folder, capsys):
    assert part("0:2", "-o", "a.part") == 0
    assert part("1:3", "-o", "b.part") == 0
    assert part("2:3", "--seed", "2", "-o", "c.part") == 0
    capsys.readouterr()
    assert main(["merge", "a.part", "b.part", "-o", "all.h5"]) == 2
    assert last_error(capsys).startswith("b.part (holds batch 1 of water-cylinder, as a.part does).")
    assert main(["merge", "a.part", "c.part", "-o", "all.h5"]) == 2
    assert last_error(capsys).startswith("c.part (of another run than a.part: seed: 2 there, 1 here).")
    assert main(["merge", "a.part", "mine.yaml", "-o", "all.h5"]) == 2
    assert last_error(capsys).startswith("mine.yaml (not an HDF5 file).")
    assert not (folder / "all.h5").exists()


def test_a_part_that_is_named_twice_counts_once(folder, capsys):
    assert part("0:2", "-o", "a.part") == 0
    assert part("2:8", "-o", "b.part") == 0
    capsys.readouterr()
    assert main(["merge", "a.part", "b.part", "./a.part", "a.part", "-o", "all.h5"]) == 0
    said = capsys.readouterr().err.splitlines()
    assert said[:2] == [f"{name} is named more than once; it counts once." for name in ("a.part", "a.part")]
    assert said[-1] == "Wrote all.h5: 524,288 histories of 2 parts."
    assert main(["merge", "a.part", "a.part", "-o", "one.h5.part"]) == 1
    assert last_error(capsys) == "Wrote one.h5.part: 131,072 histories of 1 part."


@pytest.mark.parametrize(
    "words", ["show a.part", "report a.part", "diff a.part a.part", "export a.part -o a.csv"]
)
def test_a_part_is_no_result_and_what_makes_one_is_said(folder, capsys, words):
    assert part("0:1", "-o", "a.part") == 0
    assert main(words.split()) == 2
    line = "a.part: format='ctdose-part' (a part of a run, not a ctdose result). ctdose merge makes a result of it."
    assert last_error(capsys) == line


def test_other_tables_are_refused(folder, capsys, monkeypatch):
    from ctdose.execution import body_setup

    assert part("0:1", "-o", "a.part") == 0
    monkeypatch.setattr(body_setup, "tables_sha256", lambda tables: "0" * 64)
    assert main(["merge", "a.part", "-o", "all.h5"]) == 2
    assert "a.part (of another run: its tables differ: another version of ctdose" in last_error(capsys)


@pytest.mark.parametrize(
    ("batches", "words", "text"),
    [
        ("5", [], "batches=5 (not A:B or I/N). Write A:B"),
        ("3:3", [], "batches=3:3 (empty). Write A:B"),
        ("0/3", [], "batches=0/3 (shares are numbered from 1 to N)."),
        ("0:9", [], "batches=0:9 (each body has 8 batches of 65536 histories). End at 8, or"),
        ("1/20", [], "batches=1/20 (each body has 8 batches, so that this share is empty)."),
        ("0:1", ["--target-error", "0.1"], "--batches (a target decides itself"),
        ("0:1", ["--plot", "a.png"], "--plot (a part of a run has no dose map yet)."),
    ],
)
def test_wrong_batches(folder, capsys, batches, words, text):
    assert part(batches, *words) == 2
    assert last_error(capsys).startswith(text)
    assert [path.name for path in folder.iterdir()] == ["mine.yaml"]


@pytest.mark.parametrize(("total", "shares"), [(8, 3), (763, 16), (5, 5)])
def test_shares_are_all_batches_once(total, shares):
    found = [b for i in range(shares) for b in parse_share(f"{i + 1}/{shares}").batches(total)]
    assert found == list(range(total))


def test_ranges():
    assert ranges_text([0, 1, 2, 7, 9, 10]) == "0:3, 7:8, 9:11"
    assert ranges_text(list(range(0, 40, 2))).endswith("10:11 and more")
    with pytest.raises(CtdoseError):
        parse_share("1:2:3")


def test_the_exam_of_a_part_is_that_of_the_run():
    """Its YAML is read again when parts are merged: to the same plans, for every shipped exam of an adult."""
    from ctdose.exam.library import exam_names
    from ctdose.exam.parse import exam_from_text
    from ctdose.exam.resolved import resolve
    from ctdose.phantoms.library import load_bodies
    from ctdose.scanner.library import load_scanner

    bodies = load_bodies("adult", 10.0)
    exams = [exam for exam in map(ctdose.load_exam, exam_names()) if exam.phantom_source == "adult"]
    assert len(exams) > 10
    for exam in exams:
        scanner = load_scanner(exam.scanner)
        one = resolve(exam, scanner, bodies)
        assert resolve(exam_from_text(one.to_yaml()), scanner, bodies).plans == one.plans, exam.exam


def test_parts_are_read_one_by_one(folder, monkeypatch):
    """A hundred parts of an adult do not fit into the memory at once."""
    import gc
    import weakref

    from ctdose.results import part_file
    from ctdose.results.part import RunPart

    for share in ("0:2", "2:4", "4:6", "6:8"):
        assert part(share) == 0
    alive: list[weakref.ref[RunPart]] = []
    most, load = [0], part_file.load_part

    def counted(path):
        gc.collect()
        most[0] = max(most[0], sum(each() is not None for each in alive))
        found = load(path)
        alive.append(weakref.ref(found))
        return found

    monkeypatch.setattr(part_file, "load_part", counted)
    names = [f"mine.{n}-{n + 2}.part" for n in (0, 2, 4, 6)]
    assert main(["merge", *names, "-o", "all.h5"]) == 0
    assert most[0] <= 2  # the first of two is the sum so far, the second the last one that was added


def test_no_part_replaces_a_result_or_a_file_of_another_program(folder, capsys):
    assert part("0:8", "-o", "a.part") == 0
    assert main(["merge", "a.part", "-o", "all.h5"]) == 0
    before = (folder / "all.h5").read_bytes()
    assert part("0:1", "-o", "all.h5", "--fresh") == 2
    assert last_error(capsys).startswith("all.h5 (a result, so it is not replaced by a part).")
    assert (folder / "all.h5").read_bytes() == before
    (folder / "thesis.part").write_text("three years")
    assert main(["merge", "a.part", "-o", "thesis.part", "--overwrite"]) == 2
    assert last_error(capsys).startswith("thesis.part (not a file of ctdose, so it is not replaced).")
    assert (folder / "thesis.part").read_text() == "three years"


def test_a_part_of_another_run_is_not_gone_on_with(folder, capsys):
    assert part("0:1", "-o", "a.part") == 0
    capsys.readouterr()
    assert part("0:2", "-o", "a.part", "--seed", "2") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("a.part (of another run: seed: 1 there, 2 here).")


def test_a_checkpoint_has_the_lock_of_its_output(folder, capsys):
    from filelock import FileLock

    assert part("0:1", "-o", "a.part") == 0
    with FileLock(folder / ".mine.h5.lock"):  # of a run that writes mine.h5 and mine.h5.part
        assert main(["merge", "a.part", "-o", "mine.h5.part"]) == 2
    assert "mine.h5.part (another ctdose is writing it)" in last_error(capsys)


def test_parts_without_a_batch_are_refused():
    from ctdose.execution.merge import join_parts
    from ctdose.results.part import RunPart

    with pytest.raises(CtdoseError, match=r"a\.part \(holds no batch\)"):
        join_parts([(Path("a.part"), RunPart("exam", "", "", "", 1))])
