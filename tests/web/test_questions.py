"""The types of questions on their pages, without a script: nested repeats, tables, places, entries, signatures."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any, cast

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests import every_question, small_services

from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.blocks.registers import api as registers
from praya.definition.chapters.parties import Party
from praya.definition.check import problems_between
from praya.definition.example import Example
from praya.definition.load import parse_service
from praya.definition.questions import PlaceQuestion
from praya.definition.source import read_text
from praya.journey import application_steps, draft_progress, load, play, samples, version_choice
from praya.kernel import clock
from praya.kernel.crypto import vault
from praya.web import answers, pages, who
from praya.web.words import speaking

AT = datetime(2026, 11, 10, 2, tzinfo=UTC)
LANGUAGES = ("en", "zh-hant", "zh-hans")


class Fields(HTMLParser):
    """What a browser would send of the last form on a page, without any button."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.sent: dict[str, list[str]] = {}
        self._select = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag == "input" and has.get("name"):
            kind = has.get("type", "text")
            ticked = kind not in {"radio", "checkbox"} or "checked" in has
            if ticked and kind not in {"submit", "image", "file"}:
                self.sent.setdefault(has["name"], []).append(has.get("value", ""))
        elif tag == "select":
            self._select = has["name"]
            self.sent[self._select] = [""]
        elif tag == "option" and "selected" in has:
            self.sent[self._select] = [has["value"]]


class Person:
    """Somebody with a draft, who fills fields and presses buttons."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = AT
        monkeypatch.setattr(clock, "now", lambda: self.now)
        every = small_services.service("every", "EV", every_question.EVERY)
        self.service = small_services.published(every).service("every")
        self.person = identity.enrol(email="p@example.com", name=None, language="en", at=AT)
        monkeypatch.setattr(who, "session", lambda _: who.Session(person_ref=self.person.ref, level=1))
        self.client = Client()
        self.draft = version_choice.begin(service=self.service, person_ref=self.person.ref, language="en", at=AT)
        self.entry = registers.enter(registers.NewEntry(
            service="every", register="shops", case_ref="x", from_date=date(2026, 1, 1), until_date=date(2026, 12, 31),
            facts={"shop": "Sample Noodles", "street": "1 Sample Street"}, inside={"owner": "Secret Owner"},
            once_key="entry",
        ), at=AT, by="system")  # fmt: skip

    def path(self, page: str, lang: str = "en") -> str:
        return f"/{lang}/apply/{self.draft.ref}/{page}"

    def see(self, page: str, lang: str = "en") -> str:
        return self.client.get(self.path(page, lang)).content.decode()

    def send(self, page: str, typed: dict[str, Any] | None = None, **buttons: Any) -> Any:
        """Fill fields of the page as it now stands, and press a button of it, or the one that goes on."""
        fields = Fields(self.see(page)).sent
        return self.client.post(self.path(page), {**fields, **(typed or {}), **buttons})

    def press(self, page: str, typed: dict[str, Any] | None = None, **button: Any) -> str:
        answer = self.send(page, typed, **button)
        assert answer.status_code == 302, answer.content.decode()[:2000]
        return self.see(page)

    @property
    def answers(self) -> dict[str, Any]:
        return forms.draft(self.draft.ref, person_ref=self.person.ref).answers

    def fill(self, *, until: str = "") -> None:
        """Every page, up to one."""
        for page, typed in WHOLE.items():
            if page == until:
                return
            if page == "household" and not self.answers:
                # What the answer makes appear comes with the same page again.
                assert self.send(page, {"members.0.works": "yes"}).status_code == 200
                self.press(page, _add="members.0.incomes")
            chosen = {"shop": self.entry.ref} if page == "shop" else {}
            answer = self.send(page, {**typed, **chosen})
            assert answer.status_code == 302, (page, answer.content.decode())


WHOLE: dict[str, dict[str, Any]] = {
    "before": {},
    "household": {"members.0.works": "yes", "members.0.incomes.0.amount": "12,000"},
    "spaces": {"spaces.hall.people": "40", "spaces.hall.roof": "yes"},
    "where": {"where-text": "Beside the pier"},
    "shop": {"note": "None"},
    "rich": {"reason": "For the street"},
    "sign": {"sign": "CHAN  Siu Fong"},
}


@pytest.fixture
def person(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Person]:
    yield Person(monkeypatch)
    load.forget()
    vault.reset_memory()


def text(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_the_story_plays(db: None) -> None:
    found = small_services.published(small_services.service("every", "EV", every_question.EVERY)).service("every")
    somebody = identity.enrol(email="p@example.com", name=None, language="en", at=AT)
    played = play.play(Example.model_validate(every_question.STORY), found, load.pack(), person=somebody)
    assert played.case is not None
    kept = cases.content(played.case.ref).answers
    assert kept["sign"]["at"] == "2026-11-10T10:00:00+08:00"
    assert len(kept["shop"]) == 32
    # Said again with the same key, it is the same case, although the platform fixed more than was said.
    again = play.play(Example.model_validate(every_question.STORY), found, load.pack(), person=somebody)
    assert again.case == played.case


@pytest.mark.parametrize("lang", LANGUAGES)
def test_words_between_questions_are_shown_and_nobody_answers_them(person: Person, lang: str) -> None:
    page = person.see("before", lang)
    for words in {"en": ("the lease", "an offence", "What is a plan?"), "zh-hant": ("租約", "違法", "甚麼是圖則？"),
                  "zh-hans": ("租约", "违法", "什么是图则？")}[lang]:  # fmt: skip
        assert words in page
    assert "_asked" not in page
    assert person.send("before").headers["Location"].endswith("/household")
    assert person.answers == {}


def test_repeats_inside_repeats_grow_and_shrink_at_every_depth_and_keep_what_was_typed(person: Person) -> None:
    person.send("before")
    page = person.press("household", {"members.0.works": "yes"}, _add="members")
    # What only another answer makes appear is there once the form came back.
    assert "Name every income." in page
    page = person.press("household", {"members.1.works": "yes"}, _add="members.0.incomes")
    page = person.press("household", {"members.0.incomes.0.amount": "100"}, _add="members.0.incomes")
    page = person.press("household", {"members.0.incomes.1.amount": "200"}, _add="members.1.incomes")
    page = person.press("household", {"members.1.incomes.0.amount": "300"}, _remove="members.0.incomes.0")
    sent = Fields(page).sent
    assert (sent["members.0.incomes.count"], sent["members.0.incomes.0.amount"]) == (["1"], ["200"])
    assert sent["members.1.incomes.0.amount"] == ["300"]
    page = person.press("household", _remove="members.0")
    sent = Fields(page).sent
    assert (sent["members.count"], sent["members.0.incomes.0.amount"]) == (["1"], ["300"])
    wrong = person.send("household", {"members.0.incomes.0.amount": "much"}).content.decode()
    assert 'href="#members.0.incomes.0.amount"' in wrong
    assert "Member 1: Income 1: Enter “Amount” as an amount" in wrong
    assert 'id="members.0.incomes.0.amount"' in wrong
    assert person.send("household", {"members.0.incomes.0.amount": "300.50"}).status_code == 302
    assert person.answers == {"members": [{"works": True, "incomes": [{"amount": 300.5}]}]}


def test_files_stay_with_their_item_when_another_is_removed(person: Person) -> None:
    person.send("before")
    person.send("household", {"members.0.works": "yes"})
    person.press("household", _add="members.0.incomes")
    person.press("household", _add="members.0.incomes")
    for index, name in enumerate(("first.pdf", "second.pdf", "third.pdf")):
        item = min(index, 1)
        at = f"members.0.incomes.{item}.proof"
        person.press("household", {at: SimpleUploadedFile(name, samples.file(name))}, upload=at)
    page = person.press("household", _remove="members.0.incomes.0")
    assert "first.pdf" not in page
    assert "second.pdf" in page
    assert "third.pdf" in page
    person.send("household", {"members.0.incomes.0.amount": "5"})
    (income,) = person.answers["members"][0]["incomes"]
    kept = forms.uploads(person.draft.ref, person_ref=person.person.ref)
    assert income["proof"] == [upload.ref for upload in kept]
    assert [upload.question for upload in kept] == ["members.0.incomes.0.proof"] * 2


def test_a_table_is_one_with_heads_and_says_which_cell_is_wrong(person: Person) -> None:
    person.fill(until="spaces")
    page = person.see("spaces")
    assert page.count('<th scope="row">') == 2
    assert page.count('<th scope="col">') == 5
    assert '<label class="label" for="spaces.hall.people">People<span class="vh"> (Hall)</span></label>' in page
    wrong = person.send("spaces", {"spaces.hall.people": "900", "spaces.garden.roof": "no"}).content.decode()
    for href, words in {"spaces.hall.people": "Hall: “People” must be 500 or less",
                        "spaces.hall.roof": "Hall: Choose an answer for “With a roof?”",
                        "spaces.garden.people": "Garden: Fill in “People”"}.items():  # fmt: skip
        assert f'<a href="#{href}">{words}</a>' in wrong
        assert f'id="{href}"' in wrong
    assert Fields(wrong).sent["spaces.hall.people"] == ["900"]
    answer = person.send("spaces", {"spaces.hall.people": "120", "spaces.hall.roof": "no", "spaces.garden.roof": ""})
    # The people are added up over the rows, and an empty row is no hindrance.
    assert answer.headers["Location"].endswith("/crowd")
    assert person.answers["spaces"] == {"hall": {"people": 120, "roof": False}}


def test_a_click_on_the_map_marks_the_point_without_a_script(person: Person) -> None:
    person.fill(until="where")
    drawn = load.pack().map
    assert drawn is not None
    x, y = drawn.drawn(22.3, 114.17, 640)
    page = person.press("where", {"where-text": "Pier"}, **{"where-map640.x": round(x), "where-map640.y": round(y)})
    sent = Fields(page).sent
    assert sent["where-text"] == ["Pier"]
    assert abs(float(sent["where-lat"][0]) - 22.3) < 0.001
    mark = re.search(r'<circle cx="([\d.]+)" cy="([\d.]+)"', page)
    assert mark is not None
    assert abs(float(mark[1]) - x) < 1.5
    # The key that presses the picture means no point.
    again = person.press("where", **{"where-map300.x": "0", "where-map300.y": "0"})
    assert Fields(again).sent["where-lat"] == sent["where-lat"]
    for typed, said in (({"where-lat": "51.5", "where-lon": "0.1"}, "is not on the map"),
                        ({"where-lon": ""}, "Enter both numbers"), ({"where-text": ""}, "in words")):  # fmt: skip
        assert said in person.send("where", typed).content.decode()
    assert person.send("where", {"where-text": "Pier", "where-lat": "", "where-lon": ""}).status_code == 302
    assert person.answers["where"] == {"text": "Pier"}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_map_is_drawn_by_us(db: None, lang: str) -> None:
    picture = Client().get(f"/{lang}/map.svg")
    assert picture.headers["Content-Type"] == "image/svg+xml"
    assert {"en": "Kowloon", "zh-hant": "九龍", "zh-hans": "九龙"}[lang] in picture.content.decode()


def test_an_entry_is_searched_and_chosen_on_one_page_and_only_what_is_public_is_seen(person: Person) -> None:
    person.fill(until="shop")
    assert "Nothing was found" in text(person.press("shop", {"shop-find": "Secret Owner"}, _find="shop"))
    page = person.press("shop", {"shop-find": "noodles"}, _find="shop")
    assert "Sample Noodles" in page
    assert "1 Sample Street" in page
    assert "Secret Owner" not in page
    unchosen = person.send("shop", {"note": "x"}).content.decode()
    assert "Search for “Which shop sells the food?” and choose one" in unchosen
    assert "Sample Noodles" in unchosen
    answer = person.send("shop", {"note": "x", "shop": person.entry.ref})
    # The page that its public facts decide, and the sum over repeats in repeats.
    assert answer.headers["Location"].endswith("/rich")
    assert Fields(person.see("shop")).sent["shop"] == [person.entry.ref]


def test_an_entry_that_ended_meanwhile_is_told_of_and_not_taken(person: Person) -> None:
    person.fill()
    assert "Sample Noodles" in person.see("check")
    person.now = AT + timedelta(days=60)
    assert person.client.get(person.path("check")).headers["Location"].endswith("/shop")
    assert "no longer in force" in person.see("shop")
    draft = forms.draft(person.draft.ref, person_ref=person.person.ref)
    with pytest.raises(application_steps.Incomplete, match="entry_ended"):
        application_steps.submit(draft_progress.walk(draft, at=person.now), at=person.now)


def test_a_reference_of_another_register_is_no_answer(person: Person) -> None:
    person.fill(until="shop")
    other = registers.enter(registers.NewEntry(
        service="every", register="others", case_ref="y", from_date=date(2026, 1, 1), until_date=None,
        facts={"shop": "Other"}, once_key="other",
    ), at=AT, by="system")  # fmt: skip
    for ref in (other.ref, "0" * 32, "x"):
        page = person.send("shop", {"note": "x", "shop": ref}).content.decode()
        assert "is not in the register" in page
        assert "Other" not in text(page)


def test_a_changed_answer_voids_the_signature_until_it_is_given_again(person: Person) -> None:
    person.fill()
    signed = person.answers["sign"]
    assert (signed["name"], signed["at"]) == ("CHAN Siu Fong", "2026-11-10T10:00:00+08:00")
    assert "CHAN Siu Fong, signed on 10 November 2026" in person.see("check")
    person.now = AT + timedelta(hours=1)
    assert person.send("where", {"where-text": "Elsewhere"}).headers["Location"].endswith("/check")
    page = person.see("check")
    assert "You changed an answer after you signed “Signature”. Sign again" in text(page)
    assert f'href="{person.path("sign")}"' in page
    assert person.client.post(person.path("check")).headers["Location"].endswith("/check")
    assert person.answers["sign"] == signed
    again = person.see("sign")
    assert "You changed an answer after you signed" in again
    person.send("sign", {"sign": "CHAN Siu Fong"})
    assert person.answers["sign"]["at"] == "2026-11-10T11:00:00+08:00"
    submitted = person.client.post(person.path("check"))
    assert submitted.headers["Location"].endswith("/submitted")


def test_nobody_signs_by_sending_what_the_platform_fixes(person: Person) -> None:
    person.fill(until="sign")
    saved = forms.save(
        ref=person.draft.ref, person_ref=person.person.ref, page="sign", typed=None, at=AT,
        answers={"sign": {"name": "CHAN Siu Fong", "at": "2026-11-10T10:00:00+08:00", "digest": "0" * 64}},
    )  # fmt: skip
    with pytest.raises(application_steps.Incomplete, match="signature_void"):
        application_steps.submit(draft_progress.walk(saved, at=AT), at=AT)


@pytest.mark.parametrize("page", ["household", "where", "shop"])
def test_the_key_enter_goes_on_and_presses_no_other_button(person: Person, page: str) -> None:
    person.fill(until=page)
    html = person.see(page)
    first = re.search(r'<(?:button|input)[^>]*type="(?:submit|image)"[^>]*>', html[html.index("data-once") :])
    assert first is not None
    assert "name=" not in first[0]


def test_the_boxes_of_a_date_stand_as_the_language_writes_it() -> None:
    macro = '{% from "kit/forms.html" import date_input %}{{ date_input("d", "Day", value="1985-03-07") }}'
    for lang, order in (("en", ["day", "month", "year"]), ("zh-hant", ["year", "month", "day"])):
        with speaking(lang):
            html = pages.environment().from_string(macro).render()
        assert re.findall(r'name="d-(\w+)"[^>]* value="(\d+)"', html) == [
            (part, {"day": "7", "month": "3", "year": "1985"}[part]) for part in order
        ]


WRONG = [
    ("register: shops, label", "register: shop, label", "there is no register 'shop'; did you mean 'shops'?"),
    ("- works: {type: yes-no, label:", "- works: {type: signature, says: {en: x, zh-hant: x}, label:",
     "a signature stands on a page of the form, not in a repeat"),
    ("rows:\n            - {value: hall,", "rows:\n            - {value: garden,", "two rows have the same value"),
    ("text: {en: A drawing., zh-hant: 一幅圖。}", "txt: x", "'txt' is not a word of the language here"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "said"), WRONG)
def test_what_is_wrong_with_such_a_question_is_said(old: str, new: str, said: str) -> None:
    assert old in every_question.EVERY
    problems = small_services.problems("every", "EV", every_question.EVERY.replace(old, new))
    assert any(said in problem for problem in problems), problems


def test_a_look_up_in_a_register_that_another_service_does_not_have_is_said() -> None:
    text = small_services.text(
        "every", "EV", every_question.EVERY.replace("register: shops, label", "register: shop, service: S, label")
    )
    for service, said in (("food", "there is no register 'shop'; did you mean 'shops'?"),
                          ("fod", "there is no service 'fod'; did you mean 'food'?")):  # fmt: skip
        source = read_text(text.replace("service: S,", f"service: {service},").encode(), "service.yaml")
        (problem,) = problems_between(parse_service(source, load.pack()), source, {"food": ["shops"]})
        assert said in problem.message
        assert "service: " + service in source_line(text, service, problem.line)


def source_line(text: str, service: str, line: int) -> str:
    return text.replace("service: S,", f"service: {service},").splitlines()[line - 1]


def test_the_desk_shows_a_place_on_the_map_and_one_in_words_only_in_words() -> None:
    service = small_services.service("every", "EV", every_question.EVERY)
    where = service.questions["where"]
    assert isinstance(where, PlaceQuestion)
    party = cast("Party", SimpleNamespace(questions={"where": where}))
    parts: Any = pages._environment().get_template("desk/parts.html").module
    for answer, has_map in (({"text": "Pier 9", "lat": 22.3, "lon": 114.17}, True), ({"text": "Pier 9"}, False)):
        rows = answers.party_rows(party, service, {"where": answer}, {}, "en")
        with speaking("en"):
            shown = str(parts.answers(rows))
        assert "Pier 9" in shown
        assert ("/en/map.svg" in shown and "<circle cx=" in shown) == has_map
