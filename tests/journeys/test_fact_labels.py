"""What people read of a value: the label of a register's fact, of a row of a decision table, of an option."""

from datetime import date
from typing import Any

import pytest
from django.test import Client
from tests import shops, small_services
from tests.small import AT, GRANT, player, problems
from tests.small import published as live

from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.blocks.registers import api as registers
from praya.definition.example import Example
from praya.definition.service import Service
from praya.journey import load, play, register_facts

STATE = """\
      standing:
        label: {en: Standing, zh-hant: 狀況}
        value: "'valid'"
        labels: {valid: {en: In order, zh-hant: 有效}, suspended: {en: Suspended, zh-hant: 暫時吊銷}}
    valid: 1 year
"""
LICENCE = shops.LICENCE.replace("    valid: 1 year\n", STATE).replace(
    "    valid: 1 year\n", "    valid: 1 year\n    found_by: [standing]\n"
)
FACTS = "facts: {standing: \"'suspended'\"}"
LOOKUP = """\
lookups: {stopped: {register: licensed-shops, service: shop-licence, where: {standing: "'suspended'"}}}
notices:
  found:
    subject: {en: "{lookups.stopped.first.standing}", zh-hant: "{lookups.stopped.first.standing}"}
    body: {en: "{lookups.stopped.each.map(e, e.standing)}", zh-hant: "{lookups.stopped.each.map(e, e.standing)}"}
"""


def services() -> tuple[Service, Service]:
    licence = small_services.service("shop-licence", "SH", LICENCE)
    stop = shops.about("shop-stop", "SS", "amend: licensed-shops, notify: [found]", FACTS, LOOKUP)
    small_services.published(licence, stop)
    return licence, stop


def story(service: Service, **more: Any) -> Any:
    person = identity.enrol(email="keeper@example.com", name="Keeper", language="en", at=AT)
    told = {
        "example": "Test", "starts": AT, "language": "en", "steps": [
            {"by": "officer", "do": "approve", "expect": {"state": "approved"}},
            {"applies": "shop-stop", "answers": {}, "expect": {"state": "received"}},
            {"of": "shop-stop", "by": "officer", "do": "do-it", "expect": {"state": "done"}},
        ], "answers": {"shop": "Sample Noodles", "keeper": "CHAN", "seats": 4}, **more,
    }  # fmt: skip
    return play.play(Example.model_validate(told), service, load.pack(), person=person)


def test_pages_letters_and_files_say_the_label_and_machines_read_the_value(db: None, client: Client) -> None:
    licence, _ = services()
    played = story(licence)
    (entry,) = registers.of_case(played.case.ref)
    said = [entry.fact_text("standing", language) for language in ("en", "zh-hant", "zh-hans")]
    assert (said, entry.values["standing"]) == (["Suspended", "暫時吊銷", "暂时吊销"], "suspended")
    letter = next(n for n in notices.inbox(played.person.ref) if n.name == "found")
    assert (letter.subject, letter.body) == ("Suspended", "Suspended")
    for language, word in (("en", "Suspended"), ("zh-hant", "暫時吊銷"), ("zh-hans", "暂时吊销")):
        page = client.get(f"/{language}/registers/shop-licence/licensed-shops").content.decode()
        assert word in page
        assert "suspended" not in page.replace("Suspended", "")
    rows = b"".join(client.get("/data/registers/shop-licence/licensed-shops.csv").streaming_content).decode()
    assert "Suspended" in rows
    assert ",suspended" in rows


def test_a_fact_with_labels_takes_no_other_word() -> None:
    said = "\n".join(small_services.problems("shop-licence", "SH", LICENCE.replace("\"'valid'\"", "\"'vaild'\"")))
    assert "there is no label of 'standing' for 'vaild'; did you mean 'valid'?" in said
    with_kind = LICENCE.replace("value: \"'valid'\"", "kind: text, value: \"'valid'\"".replace(", ", "\n        "))
    assert "take one of the two out" in "\n".join(small_services.problems("shop-licence", "SH", with_kind))
    licence = small_services.service("shop-licence", "SH", LICENCE)
    register = licence.registers["licensed-shops"]
    with pytest.raises(register_facts.WrongFact, match="none of its values: valid, suspended"):
        register_facts.written(register, licence, {"standing": "closed"})
    assert register_facts.written(register, licence, {"standing": "valid"})["facts"]["standing"]["zh-hant"] == "有效"


def test_another_service_writes_only_words_that_have_a_label() -> None:
    from praya.definition.check import about_another

    owner = small_services.service("shop-licence", "SH", LICENCE)
    wrong = shops.about("shop-stop", "SS", "amend: licensed-shops", FACTS.replace("suspended", "stopped"))
    assert any("there is no label of 'standing' for 'stopped'" in message for _, message in about_another(wrong, owner))


BAND = """\
decisions:
  band:
    rows:
      - {when: answers.points >= 5, then: full, label: {en: Full grant, zh-hant: 全額資助}}
      - {then: half, label: {en: Half grant, zh-hant: 半額資助}}
form:
  - page: about-you
    questions:
      - points: {type: number, min: 0, max: 9, label: {en: Points, zh-hant: 分數}}
      - kind:
          type: choice
          label: {en: Kind, zh-hant: 類別}
          options: [{value: a, label: {en: Art, zh-hant: 藝術}}, {value: s, label: {en: Sport, zh-hant: 體育}}]
      - level: {type: derived, shows: text, value: "answers.points > 8 ? answers.kind : decisions.band", LABEL}
      - again: {type: derived, shows: text, value: answers.level, LABEL}
"""
ASKED = (
    GRANT.replace(
        GRANT[GRANT.index("form:") : GRANT.index("flow:")], BAND.replace("LABEL", "label: {en: Level, zh-hant: 級別}")
    )
    .replace("to: assessing}", "to: assessing, notify: [told]}", 1)
    .replace(
        "retention:",
        "notices:\n  told:\n    subject: {en: Level, zh-hant: 級別}\n    body: SAID\nretention:",
    )
    .replace("SAID", "{en: '{answers.again}', zh-hant: '{answers.again}'}")
)


@pytest.mark.parametrize(("points", "said"), [(5, "Full grant"), (1, "Half grant"), (9, "Sport")])
def test_a_derived_answer_says_the_label_of_its_row_or_option(db: None, points: int, said: str) -> None:
    assert problems(load.pack(), ASKED) == []
    play_it = player(live(ASKED), answers={"points": points, "kind": "s"})
    played = play_it({"by": "officer", "do": "recommend", "expect": {"state": "assessing"}})
    (letter,) = notices.inbox(played.person.ref)
    assert letter.body == said


def test_a_day_of_a_found_entry_stands_in_a_letter_as_a_day(db: None) -> None:
    """What has no words of its own in the entry is told by its value."""
    licence, _ = services()
    text = LOOKUP.replace("lookups.stopped.first.standing", "lookups.stopped.first.from")
    stop = shops.about("shop-stop", "SS", "amend: licensed-shops, notify: [found]", FACTS, text)
    small_services.published(stop.model_copy(update={"version": 2}))
    played = story(licence)
    letter = next(n for n in notices.inbox(played.person.ref) if n.name == "found")
    assert letter.subject == f"{date(2026, 1, 5):%-d %B %Y}"
