"""Figures by long options are counted, on both databases."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from tests import small_services

from praya.blocks.identity import api as identity
from praya.journey import application_steps
from praya.kernel.journal import sealing
from praya.systems.open_data import api as open_data

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
LONG = "o" * 59
CHOICE = "{type: choice, options: [{value: VALUE, label: {en: A, zh-hant: 甲}}], label: {en: Q, zh-hant: 問}}"
FORM = f"""
form:
  - page: one
    questions:
{"".join(f"      - question_number_{n}: {CHOICE.replace('VALUE', LONG)}" + chr(10) for n in range(5))}
statistics: {{by: [{", ".join(f"question_number_{n}" for n in range(5))}], suppress_below: 0}}
flow:
  start: received
  states:
    received: {{label: {{en: Received, zh-hant: 已收到}}, final: true, result: completed}}
retention: {{completed: 1 year}}
"""


PETS = """
form:
  - page: pets
    questions:
      - district: {type: choice, options: [{value: east, label: {en: East, zh-hant: 東}},
          {value: west, label: {en: West, zh-hant: 西}}], label: {en: District, zh-hant: 地區}}
      - garden: {type: yes-no, label: {en: Garden?, zh-hant: 有花園？}}
      - pets:
          type: repeat
          max: 5
          item: {en: Pet, zh-hant: 寵物}
          label: {en: Pets, zh-hant: 寵物}
          questions:
            - kind: {type: choice, options: [{value: cat, label: {en: Cat, zh-hant: 貓}},
                {value: dog, label: {en: Dog, zh-hant: 狗}}], label: {en: Kind, zh-hant: 種類}}
            - name: {type: text, label: {en: Name, zh-hant: 名字}}
statistics: {by: [district, garden, pets.kind], pairs: [[district, garden]], suppress_below: BELOW}
flow:
  start: received
  states:
    received: {label: {en: Received, zh-hant: 已收到}, final: true, result: completed}
retention: {completed: 1 year}
"""


@pytest.mark.django_db
def test_figures_by_two_questions_at_once_and_of_the_items_of_a_repeat(client: Client) -> None:
    service = small_services.service("pets", "PT", PETS.replace("BELOW", "0"))
    small_services.published(service)
    owners = [("east", True, "cat cat dog"), ("east", True, "cat"), ("east", False, "dog"), ("west", True, "cat")]
    for number, (district, garden, pets) in enumerate(owners):
        person = identity.enrol(email=f"{number}@example.com", name=None, language="en", at=AT)
        application_steps.apply_at_once(
            service, person=person, language="en", files={}, seats=[], once_key=str(number), at=AT,
            answers={"district": district, "garden": garden,
                     "pets": [{"kind": kind, "name": "Rex"} for kind in pets.split()]},
        )  # fmt: skip
    sealing.seal(at=AT)
    open_data.rebuild()
    found = open_data.figures(service)
    assert found.pairs == {("district", "garden"): {
        ("east", "yes"): 2, ("east", "no"): 1, ("west", "yes"): 1, ("west", "no"): 0,
    }}  # fmt: skip
    assert found.by["pets.kind"] == {"cat": 3, "dog": 2}, "two cats of one owner are one application with a cat"
    assert "pets.kind" in found.overlapping
    told = client.get("/data/statistics/pets.json").json()
    assert told["applications_by_two"] == [
        {"by": ["district", "garden"], "counts": {"east": {"yes": 2, "no": 1}, "west": {"yes": 1, "no": 0}}}
    ]
    assert client.get("/api/v1/statistics/pets").json()["applications_by_two"] == told["applications_by_two"]
    lines = b"".join(client.get("/data/statistics/pets.csv").streaming_content).decode("utf-8-sig").splitlines()
    assert "applications,district,east,1,,garden,no" in lines
    assert [line for line in lines if line.startswith("applications,pets.kind,cat,3,")]
    for lang, title in (
        ("en", "Applications by District and Garden?"),
        ("zh-hant", "按「地區」及「有花園？」劃分的申請數目"),
    ):
        page = client.get(f"/{lang}/statistics/pets").content.decode()
        assert title in page
        assert {"en": "Pets: Kind", "zh-hant": "寵物：種類"}[lang] in page
    # With few people nothing is told of them.
    hidden = open_data.figures(small_services.service("pets", "PT", PETS.replace("BELOW", "5"))).pairs
    assert set(hidden["district", "garden"].values()) == {None}


@pytest.mark.django_db
def test_figures_by_month_and_an_answer(client: Client) -> None:
    text = PETS.replace("[[district, garden]]", "[[month, district]]")
    service = small_services.service("pets", "PT", text.replace("BELOW", "0"))
    small_services.published(service)
    # The oldest month is too long ago for the table, and still counted by district.
    for number, (months, district) in enumerate([(0, "east"), (1, "west"), (25, "east"), (25, "east"), (25, "west")]):
        at = AT + timedelta(days=31 * months)
        person = identity.enrol(email=f"{number}@example.com", name=None, language="en", at=at)
        application_steps.apply_at_once(
            service, person=person, language="en", files={}, seats=[], once_key=str(number), at=at,
            answers={"district": district, "garden": True, "pets": [{"kind": "cat", "name": "Rex"}]},
        )  # fmt: skip
    sealing.seal(at=AT)
    open_data.rebuild()
    found = open_data.figures(service)
    table = found.pairs["month", "district"]
    months = list(found.months)
    assert list(dict.fromkeys(month for month, _ in table)) == months[-24:]
    assert (table[months[-1], "east"], table[months[-1], "west"]) == (2, 1)
    assert found.by["district"] == {"east": 3, "west": 2}
    told = client.get("/data/statistics/pets.json").json()["applications_by_two"]
    assert told[0]["by"] == ["month", "district"]
    assert told[0]["counts"][months[-1]] == {"east": 2, "west": 1}
    assert "Applications by Month and District" in client.get("/en/statistics/pets").content.decode()
    hidden = open_data.figures(small_services.service("pets", "PT", text.replace("BELOW", "5"))).pairs
    assert set(hidden["month", "district"].values()) == {None}


def test_what_figures_cannot_count_is_said(db: None) -> None:
    def problems(old: str, new: str) -> list[str]:
        assert old in PETS
        return small_services.problems("pets", "PT", PETS.replace("BELOW", "5").replace(old, new))

    assert problems("pets.kind]", "pets.kind]") == []
    assert "did you mean 'kind'?" in problems("pets.kind]", "pets.kin]")[0]
    assert "is not a choice" in problems("pets.kind]", "pets.name]")[0]
    assert problems("pets.kind]", "garden.kind]") == ["'garden' is no repeat, so it has no 'kind'"]
    assert "there is no question in 'by' 'gardn'" in problems("[[district, garden]]", "[[district, gardn]]")[0]
    assert problems("[[district, garden]]", "[[district, garden], [month, month]]")[0].startswith("'month' by itself")
    twice = problems("[[district, garden]]", "[[district, garden], [garden, district]]")
    assert twice[0].startswith("'garden' is in two pairs")


@pytest.mark.django_db
def test_figures_by_long_options_are_counted() -> None:
    service = small_services.service("long", "LN", FORM)
    small_services.published(service)
    person = identity.enrol(email="a@example.com", name=None, language="en", at=AT)
    application_steps.apply_at_once(
        service, person=person, language="en", answers={f"question_number_{n}": LONG for n in range(5)}, files={},
        seats=[], once_key="x", at=AT,
    )  # fmt: skip
    sealing.seal(at=AT)
    open_data.rebuild()
    assert open_data.figures(service).by["question_number_4"][LONG] == 1
