"""Questions as HTML, fast: the HTML of a question is rendered once for each language and then only filled in.

Rendering thirty fields through macros costs more than the rest of a page. The HTML of a field is cached with marks in
place of typed values, and once for each chosen option. Fields of a page with errors, of files and of repeats are
rendered each time.
"""

from collections.abc import Sequence
from typing import Any

from jinja2 import Environment
from markupsafe import Markup, escape

from praya.definition.questions import AddressQuestion, ChoiceQuestion, ChoicesQuestion, Content, Question
from praya.kernel.text import html_language
from praya.web import finders
from praya.web.fields import State
from praya.web.words import speaking, translator

# The parts of a field that hold typed text: "" is the field itself.
TYPED: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("text", "long-text", "number", "money", "time", "identifier", "phone", "email"), ("",)),
    "date": ("-day", "-month", "-year"),
    "month": ("-month", "-year"),
    "person-name": ("-family", "-given", "-chinese"),
    "address": ("-unit", "-building", "-street"),
    "signature": ("",),
}
# The part of a field that holds a choice: the chosen options belong to the cache key.
CHOSEN: dict[str, str] = {"choice": "", "choices": "", "yes-no": "", "declaration": "", "address": "-district"}
# It occurs in no answer: control characters are removed or refused when fields are read.
MARK = "\x02{}\x03"
LARGEST = 20_000

Key = tuple[int, str, str, bool, tuple[str, ...]]
# The question is stored beside its HTML, so that its id() is not reused.
_cached_html: dict[Key, tuple[Question, str]] = {}
_cached_words: dict[tuple[int, str], tuple[Content, str]] = {}


class Asker:
    """The function `ask(q, at, state)` of templates, in one language."""

    __slots__ = ("_environment", "_language")

    def __init__(self, environment: Environment, language: str) -> None:
        """Render in `language`."""
        self._environment, self._language = environment, language

    def __call__(self, q: Question, at: str, state: State, as_heading: bool = False) -> Markup:
        """The question as HTML, with the values of its fields."""
        return Markup(self._html(q, at, state, as_heading))  # noqa: S704 (escaped where it is made)

    def _html(self, q: Question, at: str, state: State, as_heading: bool) -> str:
        kind = q.type_name
        parts = TYPED.get(kind, ())
        if (
            state.refusals
            or (not parts and kind not in CHOSEN)
            or (isinstance(q, ChoiceQuestion | ChoicesQuestion) and (q.depends or finders.finds(q, {})))
            or (isinstance(q, AddressQuestion) and q.abroad)
        ):
            return self._rendered(q, at, state, as_heading)
        chosen = tuple(state.all(at + CHOSEN[kind])) if kind in CHOSEN else ()
        key = (id(q), at, self._language, as_heading, chosen)
        cached = _cached_html.get(key)
        if cached is None:
            fields = {at + part: [MARK.format(part)] for part in parts}
            if chosen:
                fields[at + CHOSEN[kind]] = list(chosen)
            cached = (q, self._rendered(q, at, State(self._language, fields), as_heading))
            if len(_cached_html) > LARGEST:
                _cached_html.clear()
            _cached_html[key] = cached
        html = cached[1]
        for part in parts:
            html = html.replace(MARK.format(part), str(escape(state.typed(at + part))))
        return html

    def all(
        self, content: Sequence[Question | Content], state: State, heading: bool = False, boxes: bool = False
    ) -> Markup:
        """Several questions and the texts between them, with each question's purpose and a hidden field that lists it.

        With `heading`, the first question is the page's heading; with `boxes` each part is in a box of its own, which a
        script puts in or takes out.
        """
        parts: list[str] = []
        for number, q in enumerate(content):
            name = q.name if isinstance(q, Question) else f"#{q.name or number}"
            parts += [f'<div data-asked="{name}">'] if boxes else []
            if isinstance(q, Content):
                parts += [self._content_html(q), "</div>" if boxes else ""]
                continue
            parts += [
                f'<input type="hidden" name="_asked" value="{q.name}">',
                self._html(q, q.name, state, heading),
            ]
            heading = False
            if q.purpose is not None:
                parts.append(f'<p class="hint">{escape(q.purpose.in_(self._language))}</p>')
            parts.append("</div>" if boxes else "")
        return Markup("".join(parts))  # noqa: S704 (names are identifiers, the rest is escaped)

    def _content_html(self, content: Content) -> str:
        cached = _cached_words.get((id(content), self._language))
        if cached is None:
            cached = (content, self._template("kit/one_content.html", content=content))
            if len(_cached_words) > LARGEST:
                _cached_words.clear()
            _cached_words[id(content), self._language] = cached
        return cached[1]

    def _rendered(self, q: Question, at: str, state: State, as_heading: bool) -> str:
        return self._template("kit/one_question.html", q=q, at=at, state=state, as_heading=as_heading)

    def _template(self, name: str, **values: Any) -> str:
        language = self._language
        with speaking(language):
            return self._environment.get_template(name).render(
                **values, lang=language, t=translator(language), html_lang=html_language(language)
            )
