"""Formulas as MathML, which browsers draw themselves: no script, no font, no network."""

from __future__ import annotations

import html as markup
import logging
import re

from math_core import LatexError, LatexToMathML
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

FORMULA = re.compile(r'<(span|div) class="arithmatex">\\([(\[])(.*?)\\[)\]]</\1>', re.DOTALL)
"""A formula as the extension arithmatex leaves it."""

LOG = logging.getLogger("mkdocs.hooks.mathematics")
CONVERTER = LatexToMathML(fancy_error=False)


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Put MathML in place of each formula; one that is wrong is a warning."""

    def mathml(match: re.Match[str]) -> str:
        alone = match[2] == "["
        text = markup.unescape(match[3]).strip()
        try:
            formula: str = CONVERTER.convert_with_local_state(text, displaystyle=alone)
        except LatexError as error:
            LOG.warning("%s: formula %s: %s", page.file.src_uri, text, error)
            return match[0]
        return f'<div class="formula">{formula}</div>' if alone else formula

    return FORMULA.sub(mathml, html)
