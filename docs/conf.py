"""Sphinx: how the pages of this folder become a site. Built by `python tools/build_docs.py`."""

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "extensions"))

from pygments.lexers.special import TextLexer  # noqa: E402

import ctdose  # noqa: E402

project = "ctdose"
author = "The ctdose developers"
version = release = ctdose.__version__
project_copyright = author

extensions = ["myst_nb", "sphinx.ext.autodoc", "numpydoc", "native_math"]
exclude_patterns = ["_build"]
root_doc = "index"
default_role = "py:obj"  # `name` in a docstring: a link where there is a target, else code

# Markdown as a code host shows it: tables, $equations$, headings as link targets.
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4
html_math_renderer = "mathml"

# Tutorials run when the site is built; tools/build_docs.py --no-execute leaves them as text.
nb_execution_mode = os.environ.get("CTDOSE_DOCS_EXECUTE", "off")
nb_execution_in_temp = True  # what a tutorial writes does not stay beside it
nb_execution_timeout = 900
nb_execution_raise_on_error = True
nb_merge_streams = True
nb_render_markdown_format = "gfm"  # tables that a cell displays

toc_object_entries_show_parents = "hide"
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings say it
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
numpydoc_validation_checks = {"GL08", "PR02"}  # no docstring; a parameter that is none

html_theme = "pydata_sphinx_theme"
html_title = f"ctdose {release}"
html_static_path = ["_static"]
html_css_files = ["ctdose.css"]
html_show_sourcelink = False
html_copy_source = False
html_show_search_summary = False  # a browser may not fetch them from a folder
html_context = {"default_mode": "auto"}  # light or dark as the reader's system is
html_theme_options = {
    "logo": {"text": "ctdose"},
    "navbar_align": "left",
    "header_links_before_dropdown": 7,
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "back_to_top_button": False,
}


def setup(app):
    """Show fences of CSV as they are: Pygments knows no such language."""
    app.add_lexer("csv", TextLexer)
