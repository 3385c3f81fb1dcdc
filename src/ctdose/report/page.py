"""From a result, a study or a batch to one HTML page that loads nothing."""

from __future__ import annotations

import base64
import hashlib
import math
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from ctdose._version import __version__
from ctdose.report.batch_page import Batch, batch_context
from ctdose.report.result_page import result_context
from ctdose.report.study_page import study_context
from ctdose.report.words import day, short
from ctdose.results.number_text import with_error
from ctdose.results.result import Result
from ctdose.study.result import StudyResult

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

GENERATOR = "ctdose report"
"""Name that the page gives itself; only such a page is ever replaced."""
STYLE, SCRIPTS = ("report.css",), ("volume.js", "planes.js", "page.js")


def report_html(subject: Result | StudyResult | Batch) -> str:
    """The report as HTML, complete in itself: style, scripts, pictures and data are in it.

    Parameters
    ----------
    subject : Result, StudyResult or Batch
    """
    style = "\n".join(map(_text, STYLE))
    context: dict[str, Any] = {"generator": GENERATOR, "version": __version__, "style": style}
    if isinstance(subject, Result):
        script = '"use strict";\n' + "\n".join(map(_text, SCRIPTS))
        name, own = "result.html", result_context(subject)
    elif isinstance(subject, Batch):
        script, name, own = "", "batch.html", batch_context(subject)
    else:
        script, name, own = "", "study.html", study_context(subject)
    context |= {"script": script, "policy": _policy(style, script), **own}
    return _environment().get_template(name).render(context)


def _policy(style: str, script: str) -> str:
    """The content security policy: nothing is loaded, and only this style and this script count."""
    scripts = f"'sha256-{_digest(script)}'" if script else "'none'"
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'sha256-{_digest(style)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    found = Environment(
        loader=FunctionLoader(_text),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["short"] = short
    found.filters["known"] = lambda value, digits=4: short(value, digits) if math.isfinite(value) else "–"
    found.filters["day"] = day
    found.filters["sub"] = _subscript
    found.filters["with_error"] = lambda value, error: with_error(value, error or 0.0)
    return found


def _subscript(text: str) -> Markup:
    """CTDI_vol as it is printed; the rest is escaped."""
    from markupsafe import Markup, escape

    return escape(text).replace("CTDI_vol", Markup("CTDI<sub>vol</sub>"))


def _text(name: str) -> str:
    text = files("ctdose.report.templates").joinpath(name).read_text("utf-8")
    return text.replace("\r\n", "\n")  # a browser hashes the script without carriage returns
