"""Equations as MathML, which browsers draw themselves: pages need neither a script nor the network."""

from docutils.nodes import SkipNode
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the renderer; conf.py chooses it by `html_math_renderer`."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _inline(writer, node):
    writer.body.append(tex2mathml(node.astext()))
    raise SkipNode  # the text of the node is the TeX


def _block(writer, node):
    anchor = f' id="{node["ids"][0]}"' if node["ids"] else ""
    writer.body.append(
        f'<div class="math equation"{anchor}>{tex2mathml(node.astext(), as_block=True)}</div>\n'
    )
    raise SkipNode
