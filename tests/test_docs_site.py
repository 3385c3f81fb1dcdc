"""The documentation site builds without a warning, tutorials executed, and needs no network."""

import importlib.util
import re

import pytest


def tool(root):
    spec = importlib.util.spec_from_file_location("build_docs", root / "tools" / "build_docs.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def site(root, tmp_path_factory):
    """The built site; `-W` makes a warning a failure, and so is a cell of a tutorial that raises."""
    for name in ("myst_nb", "numpydoc", "pydata_sphinx_theme", "matplotlib"):
        pytest.importorskip(name)
    output = tmp_path_factory.mktemp("site") / "html"
    assert tool(root).build(output, execute=True) == 0
    return output


@pytest.mark.slow
def test_the_tutorials_ran(site):
    for name in ("researcher", "manufacturer", "batch"):
        assert "cell_output" in (site / "tutorials" / f"{name}.html").read_text(encoding="utf-8"), name


@pytest.mark.slow
def test_pages_load_nothing_from_elsewhere(site):
    loaded = re.compile(r"<(?:script|link|img|iframe)[^>]*?(?:src|href)=\"(?:https?:)?//[^\"]+\"")
    for page in site.rglob("*.html"):
        assert not loaded.findall(page.read_text(encoding="utf-8")), page.name


@pytest.mark.slow
def test_equations_are_drawn(site):
    text = (site / "equations.html").read_text(encoding="utf-8")
    assert text.count('<math xmlns="http://www.w3.org/1998/Math/MathML" display="block">') >= 15
    assert "\\frac" not in text
