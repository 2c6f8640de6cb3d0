"""Questions as HTML, fast: what a question looks like is worked out once for each language, then only filled in.

Rendering thirty fields through macros costs more than everything else about a page. A field is kept with marks where
typed values stand, and once for each choice. What is on a page with an error, has files or repeats is rendered anew.
"""

from collections.abc import Sequence
from typing import Any

from jinja2 import Environment
from markupsafe import Markup, escape

from praya.definition.questions import Content, Question
from praya.kernel.text import html_language
from praya.web.fields import State
from praya.web.words import speaking, translator

# The parts of a field that a person types into: "" is the field itself.
TYPED: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("text", "long-text", "number", "money", "time", "identifier", "phone", "email"), ("",)),
    "date": ("-day", "-month", "-year"),
    "month": ("-month", "-year"),
    "person-name": ("-family", "-given", "-chinese"),
    "address": ("-unit", "-building", "-street"),
    "signature": ("",),
}
# The parts of a field in which a person chooses: what is chosen is part of how the field looks.
CHOSEN: dict[str, str] = {"choice": "", "choices": "", "yes-no": "", "declaration": "", "address": "-district"}
# No browser sends it and no answer holds it: control characters are dropped when fields are read.
MARK = "\x02{}\x03"
LARGEST = 20_000

Key = tuple[int, str, str, bool, tuple[str, ...]]
# The question is kept beside its HTML, so that its id() stays its own.
_kept: dict[Key, tuple[Question, str]] = {}
_kept_words: dict[tuple[int, str], tuple[Content, str]] = {}


class Asker:
    """`ask(q, at, state)` for templates, in one language."""

    __slots__ = ("_environment", "_language")

    def __init__(self, environment: Environment, language: str) -> None:
        """Speak `language`."""
        self._environment, self._language = environment, language

    def __call__(self, q: Question, at: str, state: State, as_heading: bool = False) -> Markup:
        """The question as HTML, with what stands in its fields."""
        return Markup(self._html(q, at, state, as_heading))  # noqa: S704 (escaped where it is made)

    def _html(self, q: Question, at: str, state: State, as_heading: bool) -> str:
        kind = q.type_name
        parts = TYPED.get(kind, ())
        if state.refusals or (not parts and kind not in CHOSEN):
            return self._rendered(q, at, state, as_heading)
        chosen = tuple(state.all(at + CHOSEN[kind])) if kind in CHOSEN else ()
        key = (id(q), at, self._language, as_heading, chosen)
        kept = _kept.get(key)
        if kept is None:
            fields = {at + part: [MARK.format(part)] for part in parts}
            if chosen:
                fields[at + CHOSEN[kind]] = list(chosen)
            kept = (q, self._rendered(q, at, State(self._language, fields), as_heading))
            if len(_kept) > LARGEST:
                _kept.clear()
            _kept[key] = kept
        html = kept[1]
        for part in parts:
            html = html.replace(MARK.format(part), str(escape(state.typed(at + part))))
        return html

    def all(self, content: Sequence[Question | Content], state: State, heading: bool = False) -> Markup:
        """Several questions with their purposes, and which were asked, and the words between them.

        The first question may be the page's heading.
        """
        parts = []
        for q in content:
            if isinstance(q, Content):
                parts.append(self._told(q))
                continue
            parts += [
                f'<input type="hidden" name="_asked" value="{q.name}">',
                self._html(q, q.name, state, heading),
            ]
            heading = False
            if q.purpose is not None:
                parts.append(f'<p class="hint">{escape(q.purpose.in_(self._language))}</p>')
        return Markup("".join(parts))  # noqa: S704 (names are identifiers, the rest is escaped)

    def _told(self, content: Content) -> str:
        kept = _kept_words.get((id(content), self._language))
        if kept is None:
            kept = (content, self._template("kit/one_content.html", content=content))
            if len(_kept_words) > LARGEST:
                _kept_words.clear()
            _kept_words[id(content), self._language] = kept
        return kept[1]

    def _rendered(self, q: Question, at: str, state: State, as_heading: bool) -> str:
        return self._template("kit/one_question.html", q=q, at=at, state=state, as_heading=as_heading)

    def _template(self, name: str, **values: Any) -> str:
        language = self._language
        with speaking(language):
            return self._environment.get_template(name).render(
                **values, lang=language, t=translator(language), html_lang=html_language(language)
            )
