"""The shipped studies: each loads, has its page with a published finding, and its picture."""

import re
from pathlib import Path

import pytest

from ctdose.study.library import load_study, study_names, study_text

DOCS = Path(__file__).parent.parent / "docs"


@pytest.mark.parametrize("name", study_names())
def test_a_study_loads_and_its_page_compares_it(name):
    assert len(load_study(name).members) >= 3
    assert f"docs/studies/{name}.md" in study_text(name)
    page = (DOCS / "studies" / f"{name}.md").read_text("utf-8")
    assert f"`ctdose compare {name}`" in page
    assert "not equal noise in iterative or" in " ".join(page.split())
    assert "| finding | published | here |" in page
    assert re.search(r"^1\. .*\n?.*verified: ", page, re.MULTILINE | re.DOTALL)
    for picture in re.findall(r"\]\((\.\./images/[^)]+)\)", page):
        assert (DOCS / "studies" / picture).is_file()
    assert f"../images/study-{name}.png" in page


def test_every_page_has_its_study_and_is_named_in_the_documentation():
    pages = {path.stem for path in (DOCS / "studies").glob("*.md")}
    assert pages == set(study_names())
    text = (DOCS / "study-file.md").read_text("utf-8")
    assert all(f"studies/{name}.md" in text for name in pages)


def test_a_patient_is_compared_in_every_voltage_with_and_without_tin():
    exams = [member.exam.acquisitions[0] for member in load_study("chest-voltage").members]
    found = {(exam.tube_voltage_kv, exam.filter or "") for exam in exams}
    assert {(kv, "") for kv in (70, 80, 100, 120, 140)} < found
    assert {(kv, "tin-0.6") for kv in (100, 120, 140)} < found
