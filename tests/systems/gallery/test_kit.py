"""The page kit: every component in three languages, its structure, its words and its colours."""

import functools
import itertools
import re
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jinja2
import opencc
import pytest
from markupsafe import Markup

from praya.definition.source import read
from praya.project import wiring

SOURCE = Path(__file__).parents[3] / "src" / "praya"
KIT, PAGES = SOURCE / "web" / "kit", SOURCE / "systems" / "gallery" / "pages"
TEMPLATES = KIT / "templates"
GALLERY = PAGES / "templates"
STATIC = KIT / "static"
TONGUES = {"en": "en", "zh-hant": "zh-Hant-HK", "zh-hans": "zh-Hans-HK"}
LABELS = {"en": "English", "zh-hant": "繁體", "zh-hans": "简体"}
URLS = "home search sign_in sign_out me desk verify registers statistics accessibility privacy feedback contact kit"
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
SHAPES = {"path", "circle", "line", "rect"}


@functools.cache
def words() -> dict[str, dict[str, str]]:
    return {**read(KIT / "words.yaml").data, **read(PAGES / "words.yaml").data}


@functools.cache
def simplified(text: str) -> str:
    converted: str = opencc.OpenCC("hk2s").convert(text)
    return converted


def translator(lang: str) -> Callable[..., str]:
    def t(key: str, **values: object) -> str:
        entry = words()[key]
        text = entry[lang] if lang in entry else simplified(entry["zh-hant"])
        return text.format(**values) if values else text

    t.language = lang  # type: ignore[attr-defined]
    return t


@functools.cache
def environment(lang: str) -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader([TEMPLATES, GALLERY]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.do"],
    )
    made.globals |= {"t": translator(lang), "csrf_input": context(lang)["csrf_input"]}
    return made


def context(lang: str, **more: Any) -> dict[str, Any]:
    return {
        "lang": lang,
        "html_lang": TONGUES[lang],
        "t": translator(lang),
        "territory": {"name": "Hong Kong" if lang == "en" else "香港", "languages": list(TONGUES)},
        "languages": [
            {"code": code, "label": label, "url": f"{code}.html", "current": code == lang}
            for code, label in LABELS.items()
        ],
        "urls": {name: f"/{name}" for name in URLS.split()},
        "person": None,
        "officer": None,
        "trial": False,
        "csrf_input": Markup('<input type="hidden" name="csrf" value="sample">'),
        "demo": True,
        "menu": lambda place: [{"text": "Contact", "url": "/contact"}] if place == "footer" else [],
        "slot": lambda _: "",
        "static": lambda path: f"/static/{path}",
        **more,
    }


def gallery(lang: str, **more: Any) -> str:
    return environment(lang).get_template("gallery/gallery.html").render(context(lang, **more))


def render(source: str, lang: str = "en", **more: Any) -> str:
    return environment(lang).from_string(source).render(context(lang, **more))


class Page(HTMLParser):
    """The elements of a page in order, and whether each end tag meets its start tag."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.crossed: list[str] = []
        self.title = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> says an attribute twice: {names}"
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.crossed.append(tag)

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "title":
            self.title += data

    def named(self, *tags: str) -> list[dict[str, str]]:
        return [attrs for tag, attrs in self.elements if tag in tags]

    @property
    def ids(self) -> list[str]:
        return [attrs["id"] for _, attrs in self.elements if "id" in attrs]


@pytest.fixture(scope="module", params=list(TONGUES))
def page(request: pytest.FixtureRequest) -> Page:
    return Page(gallery(request.param, person={"name": "CHAN Sample"}))


# --- the gallery's structure


def test_the_gallery_shows_every_public_component() -> None:
    source = (GALLERY / "gallery" / "gallery.html").read_text()
    for name in ("forms", "content", "navigation", "data"):
        macros = re.findall(r"{%- macro ([a-z]\w*)\(", (TEMPLATES / "kit" / f"{name}.html").read_text())
        assert macros
        for macro in macros:
            inside = macro in {"once_key", "copy_button"}  # shown through form() and panel()
            assert inside or re.search(rf"{{[{{%](?: call(?:\([^)]*\))?)? {macro}\(|\b{macro}\(t\(", source), macro


def test_every_element_is_closed_where_it_was_opened(page: Page) -> None:
    assert page.crossed == []
    assert page.open == []


def test_no_id_is_used_twice(page: Page) -> None:
    assert [key for key, count in Counter(page.ids).items() if count > 1] == []


def test_every_control_has_a_label_of_its_own(page: Page) -> None:
    labelled = Counter(attrs["for"] for attrs in page.named("label"))
    controls = [
        attrs["id"]
        for attrs in page.named("input", "select", "textarea")
        if attrs.get("type") not in {"hidden", "submit", "image"}
    ]
    assert len(controls) > 50
    assert [key for key in controls if labelled[key] != 1] == []
    assert set(labelled) - set(controls) <= {"proof_full"}  # the whole of its files are there: no control left


def test_every_reference_inside_the_page_has_its_target(page: Page) -> None:
    ids = set(page.ids)
    for _, attrs in page.elements:
        for name in ("aria-describedby", "aria-labelledby", "list", "data-copy", "data-count"):
            for target in attrs.get(name, "").split():
                assert target in ids, f"{name}={target}"


def test_an_error_summary_links_to_the_first_control_of_each_field(page: Page) -> None:
    controls = {attrs.get("id") for attrs in page.named("input", "select", "textarea")}
    links = [attrs["href"] for attrs in page.named("a") if attrs.get("href", "").endswith("-bad")]
    assert links == ["#email-bad", "#birth-bad", "#before-bad"]
    assert all(link[1:] in controls for link in links)


def test_no_page_holds_inline_style_script_or_event(page: Page) -> None:
    for tag, attrs in page.elements:
        assert "style" not in attrs, tag
        assert not [name for name in attrs if name.startswith("on")], tag
        assert tag != "style"
        assert tag != "script" or attrs.get("src"), "inline script"
        for name in ("src", "href", "action"):
            assert not re.match(r"(https?:)?//|javascript:|data:", attrs.get(name, "")), attrs


def test_language_links_say_their_language(page: Page) -> None:
    marked = [(a.get("lang"), a.get("hreflang")) for a in page.named("a") if "hreflang" in a]
    assert marked
    assert all(lang == hreflang for lang, hreflang in marked)
    assert sum(1 for _, a in page.elements if a.get("aria-current") == "true") == 1


# --- fields


FIELDS = {
    "text_input": 'text_input("f", "L", hint="H", error="E")',
    "textarea": 'textarea("f", "L", hint="H", error="E", max_length=9)',
    "select": 'select("f", "L", [{"value": "1", "label": "1"}], hint="H", error="E")',
    "file_input": 'file_input("f", "L", hint="H", error="E", kinds=["pdf"])',
    "radios": 'radios("f", "L", [{"value": "1", "label": "1"}], hint="H", error="E")',
    "checkboxes": 'checkboxes("f", "L", [{"value": "1", "label": "1"}], hint="H", error="E")',
    "date_input": 'date_input("f", "L", hint="H", error="E")',
    "person_name": 'person_name("f", "L", hint="H", error="E")',
    "address": 'address("f", "L", [], hint="H", error="E")',
    "slot_picker": 'slot_picker("f", "L", [], hint="H", error="E")',
    "checkbox": 'checkbox("f", "L", hint="H", error="E")',
}


@pytest.mark.parametrize("macro", FIELDS)
def test_a_field_is_described_by_its_hint_and_its_error(macro: str) -> None:
    html = render('{% from "kit/forms.html" import ' + macro + " %}{{ " + FIELDS[macro] + " }}")
    found = Page(html)
    assert {"f-hint", "f-error"} <= set(found.ids)
    described = [a["aria-describedby"].split() for _, a in found.elements if "aria-describedby" in a]
    assert described[0][:2] == ["f-hint", "f-error"]
    assert '<span class="vh">Error:</span> E' in html


@pytest.mark.parametrize("macro", FIELDS)
def test_what_a_person_typed_is_never_taken_for_markup(macro: str) -> None:
    call = FIELDS[macro].replace('"L"', "bad").replace('"H"', "bad").replace('"E"', "bad")
    html = render(
        '{% from "kit/forms.html" import ' + macro + " %}{{ " + call + " }}",
        bad='"><script>alert(1)</script>',
    )
    assert "<script" not in html


def test_a_field_keeps_the_value_and_says_when_it_is_optional() -> None:
    html = render(
        '{% from "kit/forms.html" import text_input %}{{ text_input("f", "L", value=value, required=False) }}',
        "zh-hant",
        value='a "b" <c>',
    )
    assert 'value="a &#34;b&#34; &lt;c&gt;"' in html
    assert "（選填）" in html


@pytest.mark.parametrize("value", ["1985-03-27", {"day": "27", "month": "3", "year": "1985"}])
def test_a_date_is_shown_in_three_boxes_in_the_order_day_month_year(value: object) -> None:
    html = render('{% from "kit/forms.html" import date_input %}{{ date_input("f", "L", value=v) }}', v=value)
    boxes = [(a["id"], a["name"], a["value"]) for a in Page(html).named("input")]
    assert boxes == [("f", "f-day", "27"), ("f-month", "f-month", "3"), ("f-year", "f-year", "1985")]


def test_only_the_wrong_boxes_of_a_date_are_marked() -> None:
    html = render(
        '{% from "kit/forms.html" import date_input %}'
        '{{ date_input("f", "L", value={"day": "1"}, error="E", error_parts=["year"]) }}'
    )
    assert [a["id"] for a in Page(html).named("input") if "aria-invalid" in a] == ["f-year"]


def test_a_full_slot_cannot_be_chosen_and_says_so() -> None:
    slots = [{"value": "a", "label": "9:00am", "left": 0}, {"value": "b", "label": "6:00pm", "left": 1}]
    html = render(
        '{% from "kit/forms.html" import slot_picker %}'
        '{{ slot_picker("s", "Time", [{"label": "Monday", "slots": slots}], value="a") }}',
        slots=slots,
    )
    full, free = Page(html).named("input")
    assert "disabled" in full
    assert "checked" not in full
    assert free["id"] == "s", "an error summary must lead to a slot that can be chosen"
    assert "Full" in html
    assert "1 place left" in html


def test_a_question_can_be_the_heading_of_its_page() -> None:
    html = render('{% from "kit/forms.html" import text_input %}{{ text_input("f", "L", as_heading=True) }}')
    assert re.search(r'<h1[^>]*><label for="f">L</label></h1>', html)


def test_bars_are_to_scale_and_an_unpublished_figure_has_none() -> None:
    html = render(
        '{% from "kit/data.html" import bar_chart %}{{ bar_chart("c", "T", rows) }}',
        rows=[
            {"label": "a", "value": 50, "shown": "50"},
            {"label": "b", "value": 200, "shown": "200"},
            {"label": "c", "value": None, "shown": "fewer than 5"},
        ],
    )
    assert [float(a["width"]) for a in Page(html).named("rect")] == [25.0, 100.0]
    assert "fewer than 5" in html


# --- the page around


EMPTY = '{% extends "kit/layout.html" %}{% block title %}Pay{% endblock %}{% block main %}<h1>Pay</h1>{% endblock %}'


@pytest.mark.parametrize(("lang", "begins"), [("en", "Error: Pay – "), ("zh-hant", "錯誤： Pay – ")])
def test_a_page_with_errors_says_so_first_in_its_title(lang: str, begins: str) -> None:
    assert Page(render(EMPTY, lang, errors=[{"href": "#f", "text": "E"}])).title.startswith(begins)
    assert Page(render(EMPTY, lang, errors=[])).title.startswith("Pay – ")
    assert Page(render(EMPTY, lang)).title.startswith("Pay – ")


def test_the_aside_column_exists_only_when_a_page_fills_it() -> None:
    assert "<aside" not in render(EMPTY)
    assert "<aside" in render(EMPTY + "{% block aside %}links{% endblock %}")


def test_only_a_signed_in_person_may_sign_out() -> None:
    assert 'href="/sign_in"' in render(EMPTY)
    assert 'name="csrf"' not in render(EMPTY), "an anonymous page must be cacheable"
    signed_in = render(EMPTY, person={"name": "CHAN Sample"})
    assert 'action="/sign_out" method="post"' in signed_in
    assert "CHAN Sample" in signed_in
    assert 'href="/desk">LAM Sample' in render(EMPTY, officer={"name": "LAM Sample"})


def test_a_demonstration_says_that_it_is_one() -> None:
    assert words()["kit.demo"]["en"] in render(EMPTY)
    assert words()["kit.demo"]["en"] not in render(EMPTY, demo=False)


@pytest.mark.parametrize("lang", TONGUES)
def test_the_desk_shows_its_lists_and_keys(lang: str) -> None:
    html = render(
        '{% extends "kit/desk.html" %}{% block title %}Cases{% endblock %}{% block keys %}<kbd>n</kbd>{% endblock %}',
        lang,
        officer={"name": "LAM Sample"},
    )
    assert '<body class="desk">' in html
    assert "<kbd>n</kbd>" in html
    assert Page(html).crossed == []


# --- words


def test_every_word_used_is_in_two_languages_and_every_word_there_is_used() -> None:
    sources = "\n".join(path.read_text() for folder in (TEMPLATES, GALLERY) for path in folder.rglob("*.html"))
    used = re.findall(r'\bt\("([\w.]+)"(\s*~)?', sources)
    exact = {key for key, more in used if not more}
    # What several faces fill in, such as a finder, speaks the kit's words too.
    modules = "\n".join(path.read_text() for path in KIT.parent.glob("*.py"))
    exact |= set(re.findall(r'\bt\("(kit\.\w+)"', modules))
    exact |= {entry.label for one in wiring.installed() for entry in one.entries} & set(words())
    begun = {key for key, more in used if more}
    assert exact <= set(words())
    for key in begun:
        assert any(word.startswith(key) for word in words()), key
    assert {w for w in words() if w not in exact and not w.startswith(tuple(begun))} == set()
    for key, entry in words().items():
        assert set(entry) >= {"en", "zh-hant"}, key
        placeholders = [set(re.findall(r"{\w+}", entry[lang])) for lang in ("en", "zh-hant")]
        assert placeholders[0] == placeholders[1], key


# --- the look


def tokens(scheme: str) -> dict[str, str]:
    css = (STATIC / "praya" / "praya.css").read_text()
    light = re.search(r"^:root {(.*?)^}", css, re.S | re.M)
    dark = re.search(r"^@media screen and \(prefers-color-scheme: dark\) {(.*?)^}", css, re.S | re.M)
    assert light
    assert dark
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", light[1]))
    return found | (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", dark[1])) if scheme == "dark" else {})


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


TEXT_ON = [
    *itertools.product(("ink", "soft", "link", "coral"), ("paper", "mist")),
    ("act-ink", "act"),
    ("act-ink", "act-hover"),
    ("coral-ink", "coral-act"),
    ("bad-wash", "bad"),
    ("deep-ink", "deep"),
    ("deep-soft", "deep"),
    ("dawn-ink", "dawn"),
    ("bauhinia", "paper"),
    ("ink", "waiting-wash"),
    ("ink", "good-wash"),
    ("ink", "warning-wash"),
    *((kind, f"{kind}-wash") for kind in ("good", "waiting", "warning", "bad", "neutral")),
    *((kind, "paper") for kind in ("good", "waiting", "warning", "bad")),
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT_ON)
def test_text_can_be_read_in_bright_sun(scheme: str, text: str, ground: str) -> None:
    colours = tokens(scheme)
    assert contrast(colours[text], colours[ground]) >= 7


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_edges_of_controls_can_be_seen(scheme: str) -> None:
    colours = tokens(scheme)
    for edge, ground in itertools.product(("edge", "coral", "link"), ("paper", "mist")):
        assert contrast(colours[edge], colours[ground]) >= 4.5


def test_the_style_sheet_is_small_and_fetches_nothing() -> None:
    css = (STATIC / "praya" / "praya.css").read_text()
    assert len(css.encode()) < 40_000
    assert "url(" not in css
    # Right to left mirrors every page.
    assert not re.search(r"(margin|padding|border)-(left|right)|text-align: (left|right)|[ {;](left|right):", css)
    assert "@import" not in css
    used = set(re.findall(r"var\(--([\w-]+)", css))
    declared = set(re.findall(r"--([\w-]+):", css))
    assert used <= declared


def test_every_class_of_a_component_has_a_look() -> None:
    css = (STATIC / "praya" / "praya.css").read_text()
    known = set(re.findall(r"\.([a-z][\w-]*)", css))
    seen = {
        name for lang in TONGUES for _, attrs in Page(gallery(lang)).elements for name in attrs.get("class", "").split()
    }
    assert seen - known == set()
