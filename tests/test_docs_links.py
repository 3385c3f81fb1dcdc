"""The documentation hangs together: pages, links and headings, read as a code host reads them (no Sphinx needed)."""

import re

import pytest

import ctdose
from ctdose.exam.keys import key_table
from ctdose.exam.parse import exam_from_text

BESIDE_DOCS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "benchmarks/README.md")
FENCE = re.compile(r"^(`{3,}).*?^\1`*$", re.MULTILINE | re.DOTALL)
TOCTREE = re.compile(r"^```\{toctree\}\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^()\s]+)\)")


@pytest.fixture(scope="module")
def pages(root):
    """Text of each page by its path."""
    docs = [path for path in (root / "docs").rglob("*.md") if "_build" not in path.parts]
    return {
        path: path.read_text(encoding="utf-8") for path in [*docs, *(root / name for name in BESIDE_DOCS)]
    }


def prose(text):
    """Without fenced blocks and inline code, in which a link is none."""
    return re.sub(r"`[^`\n]*`", "", FENCE.sub("", text))


def anchors(text):
    """The headings' anchors, as GitHub and myst-parser make them."""
    headings = re.findall(r"^#+ +(.*?)\s*$", FENCE.sub("", text), re.MULTILINE)
    plain = [re.sub(r"\]\([^)]*\)", "", heading) for heading in headings]
    return [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in plain]


def entries(path, text):
    """The pages that a page's toctrees name."""
    lines = [line.strip() for block in TOCTREE.findall(text) for line in block.splitlines()]
    return [(path.parent / f"{line}.md").resolve() for line in lines if line and not line.startswith(":")]


def links(path, text):
    """Target file and anchor of each link within the project."""
    for target in LINK.findall(prose(text)):
        if not re.match(r"[a-z]+:", target):
            name, _, anchor = target.partition("#")
            yield target, (path.parent / name).resolve() if name else path, anchor


def test_every_internal_link_resolves(pages):
    broken = []
    for path, text in pages.items():
        for target, place, anchor in links(path, text):
            if not place.exists() or (anchor and anchor not in anchors(pages.get(place, ""))):
                broken.append(f"{path.name}: {target}")
    assert not broken
    assert sum(1 for path, text in pages.items() for _ in links(path, text)) > 100


def test_every_page_is_in_one_toctree_and_linked_from_its_page(root, pages):
    start = root / "docs" / "index.md"
    found, waiting = [start], [start]
    while waiting:
        page = waiting.pop()
        linked = {place for _, place, _ in links(page, pages[page])}
        for entry in entries(page, pages[page]):
            assert entry in pages, f"{page.name}: no page {entry.name}"
            assert entry in linked, f"{page.name}: {entry.name} is in its toctree, but no link leads there"
            found.append(entry)
            waiting.append(entry)
    assert len(found) == len(set(found))
    assert set(found) == {path for path in pages if path.is_relative_to(root / "docs")}


def test_every_page_has_one_title(pages):
    for path, text in pages.items():
        assert len(re.findall(r"^# ", FENCE.sub("", text), re.MULTILINE)) == 1, path.name


def test_the_api_pages_have_every_public_name(root, pages):
    text = "".join(text for path, text in pages.items() if path.parent == root / "docs" / "api")
    named = set(re.findall(r"^\.\. (?:auto\w+|data):: ctdose\.(\w+)$", text, re.MULTILINE))
    assert named == set(ctdose.__all__)


def test_the_table_of_exam_keys_is_the_commands(pages, root):
    text = pages[root / "docs" / "exam-file.md"]
    shown = text.split("<!-- keys: ctdose exam keys --markdown -->\n")[1].split("<!-- end of keys -->")[0]
    assert shown == key_table("markdown"), "run python tools/make_exam_keys.py"


@pytest.mark.parametrize("name", ["exam-file.md", "quick-start.md"])
def test_the_example_exams_are_right(root, pages, name):
    examples = re.findall(r"^```yaml\n(.*?)^```$", pages[root / "docs" / name], re.MULTILINE | re.DOTALL)
    assert [exam_from_text(example).phantom for example in examples] == ["adult"]
