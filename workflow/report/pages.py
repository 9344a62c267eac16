"""What the report and the page of a study share: style, numbered captions, contents, rendering."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

FOLDER = Path(__file__).with_name("templates")

_MARK = "\N{LEFT-POINTING DOUBLE ANGLE QUOTATION MARK}\N{WORD JOINER}"


class Labels:
    """Numbers of figures and tables, in the order of their captions, and links to them from anywhere on the page."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._counts: dict[str, int] = {}

    def caption(self, kind: str, name: str) -> str:
        """Return "Figure 3" for the third caption of its kind."""
        if name in self._names:
            raise ValueError(f"two captions are called {name!r}")
        self._counts[kind] = self._counts.get(kind, 0) + 1
        self._names[name] = f"{kind} {self._counts[kind]}"
        return self._names[name]

    def reference(self, name: str) -> Markup:
        """Return a link to a caption, whose number `resolve` puts in."""
        return Markup('<a href="#{}">{}{}{}</a>').format(name, _MARK, name, _MARK)

    def resolve(self, page: str) -> str:
        """Put the numbers into the links.

        Raises
        ------
        ValueError
            A link to a caption that the page does not have.
        """

        def number(match: re.Match[str]) -> str:
            if match[1] not in self._names:
                raise ValueError(f"no caption is called {match[1]!r}; there are: {', '.join(self._names)}")
            return self._names[match[1]]

        return re.sub(f"{_MARK}(.*?){_MARK}", number, page)


def contents(page: str) -> Markup:
    """Links to the headings of a page that have an id."""
    headings = re.findall(r'<h2 id="([^"]+)">(.+?)</h2>', page)
    return Markup("".join(f'<li><a href="#{name}">{title}</a></li>' for name, title in headings))


def render(template: str, **context: Any) -> str:
    """Render a template of `workflow/report/templates` as one self-contained page."""
    labels = Labels()
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"caption": labels.caption, "ref": labels.reference}
    body = labels.resolve(environment.get_template(template).render(**context))
    # A number and its sign of per cent stay on one line.
    return re.sub(r"(?<=\d) (?=%)", "\N{NO-BREAK SPACE}", body.replace("<!-- contents -->", contents(body)))
