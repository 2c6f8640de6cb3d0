"""What stands in a question at first, from a default, a link or the person; and which options are offered."""

import re

import pytest
from django.test import Client
from tests.small import GRANT, problems, published
from tests.web.typed.world import World

from praya.blocks.forms import api as forms
from praya.definition.questions.particulars import PersonNameQuestion
from praya.journey import load
from praya.web.fields import at_first

ASKED = """\
      - kind:
          type: choice
          fill: link
          label: {en: What for?, zh-hant: 用途？}
          options:
            - {value: school, label: {en: School, zh-hant: 學校}}
            - {value: shop, label: {en: Shop, zh-hant: 店舖}}
      - pages: {type: number, min: 1, max: 9, default: 2, fill: link, label: {en: How many pages?, zh-hant: 多少頁？}}
      - day: {type: date, fill: link, label: {en: Which day?, zh-hant: 哪一天？}}
  - page: more
    questions:
      - help:
          type: choices
          min: 2
          label: {en: What do you need?, zh-hant: 你需要甚麼？}
          options:
            - {value: desks, label: {en: Desks, zh-hant: 書桌}, when: answers.kind == 'school'}
            - {value: shelves, label: {en: Shelves, zh-hant: 貨架}, when: answers.kind == 'shop'}
            - {value: paper, label: {en: Paper, zh-hant: 紙張}}
            - {value: none, label: {en: None of these, zh-hant: 以上皆非}, exclusive: true}
"""
SERVICE = GRANT.replace(GRANT[GRANT.index("      - applicant_name") : GRANT.index("flow:")], ASKED)


def _begun(world: World, link: str = "") -> tuple[Client, str]:
    published(SERVICE)
    client = world.sign_in(Client(), person=0)
    return client, client.get(f"/en/services/small-grant/apply{link}")["Location"]


def _checked(page: str) -> list[str]:
    return re.findall(r'value="([a-z]+)" checked', page)


@pytest.mark.django_db
def test_a_default_and_a_link_stand_in_the_form_until_somebody_changes_them(world: World) -> None:
    client, first = _begun(world, "?kind=shop&day=2026-03-14&pages=seven&applicant=CHAN")
    page = client.get(first).content.decode()
    assert _checked(page) == ["shop"]
    # No answer: the default stands there instead. What nobody asks is nowhere.
    assert 'name="pages"' in page
    assert re.search(r'name="pages"[^>]*value="2"', page)
    assert re.search(r'name="day-month"[^>]*value="3"', page)
    assert "CHAN" not in page
    # Nothing was answered yet: it is the person who says so.
    (draft,) = forms.drafts(world.people[0].ref)
    assert draft.answers == {}
    shown = client.post(first, {"kind": "school", "pages": "", "_asked": ["kind", "pages", "day"]}).content.decode()
    assert _checked(shown) == ["school"]
    assert not re.search(r'name="pages"[^>]*value="2"', shown)
    # A second link changes nothing in a form that was begun.
    again = client.get("/en/services/small-grant/apply?kind=shop&pages=5")["Location"]
    assert _checked(client.get(again).content.decode()) == ["school"]


@pytest.mark.django_db
def test_the_page_of_a_service_hands_the_link_on(world: World) -> None:
    published(SERVICE)
    page = Client().get("/en/services/small-grant?pages=5&kind=a%22b&utm=x").content.decode()
    assert "/en/services/small-grant/apply?kind=a%22b&amp;pages=5" in page
    assert not re.search(r"apply\?[^>]*utm", page)
    client = world.sign_in(Client(), person=0)
    first = client.get("/en/services/small-grant/apply?kind=a%22b&pages=5")["Location"]
    page = client.get(first).content.decode()
    assert _checked(page) == []
    assert re.search(r'name="pages"[^>]*value="5"', page)


@pytest.mark.django_db
def test_options_depend_on_an_earlier_answer_and_one_is_chosen_alone(world: World) -> None:
    client, first = _begun(world)
    given = {"kind": "school", "pages": "1", "day-day": "1", "day-month": "2", "day-year": "2026"}
    second = client.post(first, {**given, "_asked": ["kind", "pages", "day"]})["Location"]
    page = client.get(second).content.decode()
    assert re.findall(r'name="help" value="([a-z]+)"', page) == ["desks", "paper", "none"]
    assert page.count('<p class="divider">or</p>') == 1
    refused = client.post(second, {"help": ["paper", "none"], "_asked": "help"}).content.decode()
    assert "choose nothing else" in refused
    assert _checked(refused) == ["paper", "none"]
    refused = client.post(second, {"help": ["shelves", "paper"], "_asked": "help"}).content.decode()
    assert "“Shelves” is not offered with your other answers" in refused
    done = client.post(second, {"help": ["desks", "paper"], "_asked": "help"})
    assert done["Location"].endswith("/check")
    # The earlier answer is changed: the later one stands no more, and is asked again.
    client.post(first, {**given, "kind": "shop", "_asked": ["kind", "pages", "day"]})
    assert client.get(done["Location"])["Location"] == second
    page = client.get(second).content.decode()
    assert re.findall(r'name="help" value="([a-z]+)"', page) == ["shelves", "paper", "none"]
    assert "“Desks” is not offered with your other answers" in page
    assert client.post(second, {"help": "none", "_asked": "help"})["Location"].endswith("/check")


@pytest.mark.parametrize(("change", "to", "says"), [
    ("default: 2", "default: two", "it is no answer to the question"),
    ("default: 2", "default: 12", "it is no answer to the question"),
    ("fill: link, label: {en: How", "fill: lnik, label: {en: How", "did you mean 'link'?"),
    ("fill: link, label: {en: Which", "fill: link, personal: true, purpose: {en: A, zh-hant: 甲}, label: {en: Which",
     "stands in no address"),
    ("answers.kind == 'shop'", "answers.help == null", "ask that on an earlier page"),
    ("{value: shop, label: {en: Shop, zh-hant: 店舖}}", "{value: shop, exclusive: true, label: {en: S, zh-hant: 店}}",
     "every option is chosen alone"),
    ("          min: 2\n", "          default: [desks]\n", "cannot be the default"),
])  # fmt: skip
def test_check_tells_what_cannot_stand_there(change: str, to: str, says: str) -> None:
    assert change in SERVICE
    told = problems(load.pack(), SERVICE.replace(change, to, 1))
    assert any(says in message for message in told), told
    assert problems(load.pack(), SERVICE) == []


@pytest.mark.parametrize(("whole", "parts"), [
    ("CHAN Tai Man", {"name-family": ["CHAN"], "name-given": ["Tai Man"]}),
    ("AU YEUNG Siu Fong", {"name-family": ["AU YEUNG"], "name-given": ["Siu Fong"]}),
    ("陳大文", {"name-chinese": ["陳大文"]}), ("Cher", {}), ("CHAN", {}), ("Tai Man Chan", {}),
])  # fmt: skip
def test_the_name_of_a_person_is_offered_in_its_parts(whole: str, parts: dict[str, list[str]]) -> None:
    words = {"en": "Name", "zh-hant": "姓名"}
    question = PersonNameQuestion.model_validate(
        {"name": "name", "type": "person-name", "fill": "person.name", "label": words}
    )
    assert at_first([question], {"person.name": whole}) == parts


@pytest.mark.django_db
def test_an_address_abroad_folds_away_until_it_is_used(world: World) -> None:
    asked = "      - home: {type: address, abroad: true, label: {en: Your address, zh-hant: 地址}}\n"
    published(GRANT.replace(GRANT[GRANT.index("      - applicant_name") : GRANT.index("flow:")], asked))
    client = world.sign_in(Client(), person=0)
    first = client.get("/en/services/small-grant/apply")["Location"]
    assert '<details class="details"><summary>The address is somewhere else' in client.get(first).content.decode()
    typed = {"home-abroad": "10 Example Road\r\nLONDON", "home-country": "", "_asked": "home"}
    page = client.post(first, typed).content.decode()
    assert '<details class="details" open><summary>The address is somewhere else' in page
    assert "Enter the country or region for “Your address”" in page
    assert "10 Example Road\r\nLONDON</textarea>" in page or "10 Example Road\nLONDON</textarea>" in page
    done = client.post(first, {**typed, "home-country": "United Kingdom"})["Location"]
    assert "10 Example Road, LONDON, United Kingdom" in client.get(done).content.decode()
    assert "LONDON</textarea>" in client.get(first).content.decode()
