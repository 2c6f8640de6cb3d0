"""Look-ups of rules in registers: what they find and for whom, what `check` refuses, and what effects do with it."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests import small_services
from tests.installations import at_once

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.blocks.registers import api as registers
from praya.blocks.registers.models import EntryRow
from praya.definition.example import Example
from praya.definition.service import Service
from praya.journey import acting, application_steps, entries, load, play, register_facts, register_keys
from praya.journey.register_lookups import Finder
from praya.kernel.crypto import vault

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
DAY = date(2026, 3, 2)
LABEL = "label: {en: Label, zh-hant: 標籤}"
TEXT = "{en: Words, zh-hant: 文字}"
A_TEXT = f"type: text, {LABEL}"

# Of the register of goods everybody reads the name and the price; the number on it and its keeper are sealed.
GOODS = f"""
lookups:
LOOKUPS
form:
  - page: one
    title: {TEXT}
    questions:
      - word: {{type: text, optional: true, {LABEL}}}
      - number: {{type: number, optional: true, {LABEL}}}
      - kinds: {{type: choices, optional: true, options: [{{value: a, {LABEL}}}], {LABEL}}}
      - rows: {{type: repeat, optional: true, min: 0, max: 2, item: {TEXT}, {LABEL}, questions: [w: {{{A_TEXT}}}]}}
eligibility:
  - {{unless: UNLESS, refuse: {TEXT}}}
flow:
  start: received
  states:
    received:
      {LABEL}
      actions:
        spend: {{{LABEL}, SPEND, to: done}}
    done: {{{LABEL}, final: true, result: granted}}
registers:
  goods:
    title: {TEXT}
    found_by: [name, serial, [name, price]]
    facts:
      name: {{{LABEL}, kind: text}}
      price: {{{LABEL}, kind: money}}
      serial: {{{LABEL}, public: false}}
      keeper: {{{LABEL}, public: false}}
  credits:
    title: {TEXT}
    public: false
    found_by: [code]
    facts:
      amount: {{{LABEL}, kind: money}}
      code: {{{LABEL}}}
retention: {{granted: 1 year}}
"""


def text(lookups: str = "same: {register: goods, where: {name: answers.word}}", unless: str = "true",
         spend: str = "reason: none", counted: str = "") -> str:  # fmt: skip
    lines = "\n".join(f"  {line}" for line in lookups.splitlines())
    return (
        GOODS.replace("LOOKUPS", lines)
        .replace("UNLESS", unless)
        .replace("SPEND", spend)
        .replace("    public: false\n", f"    public: false\n    {counted}\n")
    )


def goods(**parts: str) -> Service:
    return small_services.service("goods", "GD", text(**parts))


def enter(service: Service, register: str, holder: str = "", once_key: str = "", **facts: Any) -> registers.Entry:
    of = service.registers[register]
    new = registers.NewEntry(
        service=service.service, register=register, case_ref="", holder_ref=holder, from_date=DAY, until_date=None,
        once_key=once_key or str(facts), finding=register_facts.finding(of),
        **register_facts.written(of, service, facts),
    )  # fmt: skip
    return registers.enter(new, at=AT, by="system")


def person(name: str) -> identity.Person:
    return identity.enrol(email=f"{name}@example.com", name=name, language="en", at=AT)


def seen(service: Service, name: str, person_ref: str = "", **answers: Any) -> Any:
    finder = Finder(service, person_ref, DAY)
    return finder(name, {"answers": answers, "today": AT})


COUNTED = "same: {register: credits, where: {code: answers.word}}"
NAMED = "same: {register: goods, where: {name: answers.word}, "


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"lookups": "same: {register: good, where: {name: answers.word}}"}, "did you mean 'goods'"),
        ({"lookups": "same: {register: goods, where: {nam: answers.word}}"}, "did you mean 'name'"),
        ({"lookups": "same: {register: goods}"}, "it would read the whole register"),
        ({"lookups": "same: {register: goods, where: {price: answers.number}}"}, "it needs {found_by: [price]}"),
        ({"lookups": "same: {register: goods, where: {keeper: answers.word}}"}, "it needs {found_by: [keeper]}"),
        ({"lookups": "same: {register: goods, between: {name: {from: answers.word}}}"},
         "numbers and dates have an order"),
        ({"lookups": NAMED + "near: {fact: price, to: answers.word, within: 9}}"},
         "'price' is a money, not a place"),
        ({"lookups": "same: {register: goods, where: {name: answers.word, price: today}}"},
         "'price' is a money, and 'today' a date"),
        ({"lookups": "same: {register: credits, where: {code: answers.word}}"}, "'credits' is not public"),
        ({"counted": "tells: count", "unless": "lookups.same.first.ref == null", "lookups": COUNTED},
         "'credits' tells how many entries there are"),
        ({"counted": "tells: count", "lookups": COUNTED[:-1] + ", when: entry.amount > 1}"}, "'amount' is not public"),
        ({"counted": "tells: count", "lookups": COUNTED[:-1] + ", label: {en: A, zh-hant: 甲}}"}, "take 'label' out"),
        ({"counted": "tells: count", "lookups": COUNTED, "spend": "on_entries: {same: {strike: true}}"},
         "nothing changes them"),
        ({"lookups": NAMED + "when: entry.keeper == 'x'}"},
         "'keeper' is not public: no rule reads it of somebody else's entry"),
        ({"lookups": NAMED + "when: answers.number > 1}"}, "the same of every entry"),
        ({"lookups": NAMED + "when: entry.cost > 1}"}, "'cost'"),
        ({"lookups": "same: {register: goods, where: {name: answers.word, keeper: answers.word}}"},
         "'keeper' is not public, so it stands in the group of 'found_by' too"),
        ({"unless": "lookups.some.count == 0"}, "did you mean 'same'"),
        ({"unless": "lookups.same.total.name == 0"}, "number of the register"),
        ({"unless": "lookups.same.first.keeper == 'x'"}, "keeper"),
        ({"unless": "lookups.same.size == 0"}, "known: count, more, first, each, total"),
        ({"lookups": "seen: {register: credits, whose: department, where: {code: answers.word}}",
          "unless": "lookups.seen.count == 0"}, "only officers may see"),
        ({"spend": "on_entries: {same: {strike: true}}, by: applicant"}, "changed by an officer's action only"),
        ({"spend": "on_entries: {sam: {strike: true}}"}, "did you mean 'same'"),
        ({"spend": "on_entries: {same: {}}"}, "say what happens to them"),
        ({"spend": "on_entries: {same: {amend: {cost: '1'}}}"}, "'cost'"),
        ({"spend": "on_entries: {same: {renew: true}}"}, "its entries never end"),
        ({"lookups": "same: {register: goods, where: {name: item.word}}"},
         "knows no 'item'; in the item's rule look up more and compare there: lookups.same.each.exists("),
        ({"lookups": NAMED + "when: entry.name == item.word}"}, "knows no 'item'"),
        ({"lookups": "same: {register: goods, where: {name: '[answers.word]'}}"}, "a look-up looks for one value"),
        ({"lookups": "same: {register: goods, where: {name: 'answers.rows.map(r, r.w)'}}"}, "is a list"),
        ({"lookups": "same: {register: goods, where: {name: answers.rows}}"}, "is a list"),
        ({"lookups": "same: {register: goods, where: {name: answers.kinds}}"}, "is a list"),
        ({"lookups": "same: {register: goods, where: {name: conditions.x}}"}, "'conditions.x' does not exist"),
    ],
)  # fmt: skip
def test_what_no_index_has_and_what_is_private_is_refused(parts: dict[str, str], said: str) -> None:
    problems = small_services.problems("goods", "GD", text(**parts))
    assert any(said in problem for problem in problems), problems


def test_anybodys_entries_are_found_counted_and_summed_by_what_is_public(db: None) -> None:
    service = goods()
    small_services.published(service)
    for number, price in enumerate((5, 7.5)):
        enter(service, "goods", name="Kettle", price=price, serial=f"s{number}", keeper="Secret", once_key=str(number))
    enter(service, "goods", name="Pot", price=1, serial="s3", keeper="Secret")
    same = seen(service, "same", word="kettle")
    assert (same["count"], same["more"], float(same["total"]["price"])) == (2, False, 12.5)
    assert set(same["first"]) == {"name", "price", "ref", "from", "until", "state", "metres"}
    assert seen(service, "same", word="Pan")["count"] == 0
    assert seen(service, "same", word="Pan")["total"]["price"] == 0
    assert "first" not in seen(service, "same", word="Pan")
    # While it is unknown what is looked up, nothing is known of it.
    assert "count" not in seen(service, "same", word=None)


def test_a_sealed_fact_is_found_by_its_exact_value_and_never_shown(db: None) -> None:
    service = goods(lookups="same: {register: goods, where: {serial: answers.word}}")
    small_services.published(service)
    enter(service, "goods", name="Kettle", price=5, serial="AB-1", keeper="Secret")
    assert (seen(service, "same", word="ab-1")["count"], seen(service, "same", word="AB")["count"]) == (1, 0)
    assert not {"serial", "keeper"} & set(seen(service, "same", word="AB-1")["first"])


def test_no_rule_reaches_another_persons_entry_in_a_register_that_is_not_public(db: None) -> None:
    service = goods(lookups="credit: {register: credits, whose: own, where: {code: answers.word}}")
    small_services.published(service)
    me, other = person("me"), person("other")
    enter(service, "credits", me.ref, amount=5, code="A", once_key="1")
    for number in range(3):
        enter(service, "credits", other.ref, amount=100, code="A", once_key=f"o{number}")
    mine = seen(service, "credit", me.ref, word="a")
    assert (mine["count"], mine["total"]["amount"], mine["first"]["code"]) == (1, 5, "A")
    assert seen(service, "credit", person("third").ref, word="a")["count"] == 0
    assert "count" not in seen(service, "credit", "", word="a")

    def statements(person_ref: str) -> list[str]:
        with CaptureQueriesContext(connection) as queries:
            assert seen(service, "credit", person_ref, word="A")["count"] == 0
        return [query["sql"].replace(person_ref, "") for query in queries]

    # Nothing differs, the time neither, by whether others have entries: only one's own rows are read.
    third = person("fourth").ref
    before = statements(third)
    enter(service, "credits", other.ref, amount=1, code="A", once_key="more")
    assert statements(third) == before
    # A definition that was published without this check finds nothing either.
    forced = service.model_copy(
        update={"lookups": {"credit": service.lookups["credit"].model_copy(update={"whose": "anyone"})}}
    )
    assert seen(forced, "credit", me.ref, word="A")["count"] == 0


def test_what_is_more_than_a_lookup_reads_is_told_and_not_summed(db: None) -> None:
    service = goods(lookups="same: {register: goods, where: {name: answers.word}, most: 2}")
    small_services.published(service)
    for number in range(3):
        enter(service, "goods", name="Kettle", price=number, once_key=str(number))
    same = seen(service, "same", word="Kettle")
    assert (same["count"], same["more"], len(same["each"]), "total" in same) == (3, True, 2, False)


def test_the_best_match_is_first(db: None) -> None:
    service = goods(lookups=NAMED + "rank: 0 - entry.price, when: entry.price < 9}")
    small_services.published(service)
    for price in (5, 1, 9, 3):
        enter(service, "goods", name="Kettle", price=price, once_key=str(price))
    assert [one["price"] for one in seen(service, "same", word="Kettle")["each"]] == [1, 3, 5]


SPENT = {
    "lookups": "credit: {register: credits, whose: own, rank: entry.amount}",
    "unless": "lookups.credit.count > 0",
    "spend": "by: applicant, on_entries: {credit: {which: first, strike: true}}",
}


def apply(service: Service, who: identity.Person, key: str) -> cases.Case:
    return application_steps.apply_at_once(
        service, person=who, language="en", answers={"word": "x"}, files={}, seats=[], once_key=key, at=AT
    )


def spend(case: cases.Case, who: identity.Person) -> str:
    by = acting.applicant(who.ref)
    acting.act(case=case, action="spend", by=by, answers={}, reason="", once_key=case.ref, at=AT)
    return "spent"


def test_a_credit_is_spent_once_and_whoever_has_none_is_refused(db: None) -> None:
    service, me = goods(**SPENT), person("me")
    small_services.published(service)
    with pytest.raises(application_steps.NotEligible):
        apply(service, me, "none")
    large, small = (enter(service, "credits", me.ref, amount=n, code="A", once_key=str(n)) for n in (9, 2))
    first, second, third = (apply(service, me, key) for key in "abc")
    for case, gone in ((first, large), (second, small)):
        acting.act(
            case=case, action="spend", by=acting.applicant(me.ref), answers={}, reason="", once_key=case.ref, at=AT
        )
        assert registers.entry(gone.ref).struck_case == case.ref
    with pytest.raises(acting.NotAllowed):
        spend(third, me)
    assert cases.case(third.ref).state == "received"


def test_of_many_who_spend_one_credit_at_once_one_does(committed: None) -> None:
    load.forget()
    service = goods(**SPENT)
    small_services.published(service)
    me = person("me")
    enter(service, "credits", me.ref, amount=9, code="A")
    made = [apply(service, me, str(n)) for n in range(5)]
    vault.blind_index("warm", "up")

    def spend(number: int) -> str:
        case = made[number]
        acting.act(
            case=case, action="spend", by=acting.applicant(me.ref), answers={}, reason="", once_key=case.ref, at=AT
        )
        return "spent"

    assert at_once(5, spend) == {"spent": 1, "NotAllowed": 4}
    assert sorted(cases.case(case.ref).state for case in made) == ["done", *["received"] * 4]


def test_values_keep_their_kind_and_what_is_of_another_kind_is_refused(db: None) -> None:
    service = goods()
    small_services.published(service)
    entry = enter(service, "goods", name="Kettle", price="1,200.50", serial="A")
    assert (str(entry.values["price"]), entry.fact_text("price", "en")) == ("1200.5", "HK$1,200.50")
    with pytest.raises(register_facts.WrongFact, match="no money"):
        enter(service, "goods", name="Kettle", price="much")
    with pytest.raises(register_facts.WrongFact, match="no fact 'cost'"):
        enter(service, "goods", name="Kettle", cost=1)


def test_a_typed_fact_is_written_alike_however_it_came_by_its_value(db: None) -> None:
    parts = text(spend="on_entries: {same: {amend: {price: 'entry.price + 1000', weight: 'entry.weight * 2'}}}")
    kilos = "number: {type: number, unit: {en: kg, zh-hant: 公斤}, "
    parts = parts.replace("number: {type: number, ", kilos)
    parts = parts.replace("      serial:", f"      weight: {{{LABEL}, value: answers.number}}\n      serial:", 1)
    service = small_services.service("goods", "GD", parts)
    small_services.published(service)
    entry = enter(service, "goods", name="x", price=5000, weight=3)

    def said() -> list[str]:
        now = registers.entry(entry.ref)
        return [now.fact_text(name, language) for language in ("en", "zh-hant") for name in ("price", "weight")]

    assert said() == ["HK$5,000", "3 kg", "5,000元", "3 公斤"]
    acting.act(
        case=apply(service, person("me"), "one"), action="spend", by=acting.By("officer:x", ("officer",), "fehd"),
        answers={}, reason="", once_key="one", at=AT,
    )  # fmt: skip
    assert said() == ["HK$6,000", "6 kg", "6,000元", "6 公斤"]


def test_entries_that_were_there_before_are_found_by_what_a_later_version_says(db: None) -> None:
    before = goods()
    register = before.registers["goods"].model_copy(update={"found_by": (), "unique": ()})
    old = before.model_copy(update={"registers": {**before.registers, "goods": register}, "lookups": {}})
    small_services.published(old)
    me = person("me")
    first = enter(old, "goods", me.ref, name="Kettle", price=5, serial="A")
    second = enter(old, "goods", me.ref, name="Kettle", price=6, serial="a")
    struck = enter(old, "goods", me.ref, name="Kettle", price=7, serial="B")
    registers.strike_entry(ref=struck.ref, case_ref="", at=AT, by="system", because="struck")
    # An entry of a version of Praya that kept no values in public.
    EntryRow.objects.update(values="{}")
    unique = before.registers["goods"].model_copy(update={"unique": ("serial",)})
    service = before.model_copy(update={"version": 2, "registers": {**before.registers, "goods": unique}})
    assert [one.name for one in register_keys.changed(old, service)] == ["goods"]
    assert register_keys.changed(service, service) == register_keys.changed(None, service) == []
    assert seen(service, "same", word="kettle")["count"] == 0
    written = register_keys.write(service, unique)
    assert (written.count, written.alike) in [
        (2, [(second.number, first.number)]), (2, [(first.number, second.number)]),
    ]  # fmt: skip
    assert registers.entry(first.ref).values["price"] == 5
    assert seen(service, "same", word="kettle")["count"] == 2


NAMED_BY = f"""
subject: {{register: staff, who: named, named_by: email}}
form:
  - page: one
    title: {TEXT}
    questions:
      - word: {{type: text, optional: true, {LABEL}}}
flow:
  start: received
  states:
    received: {{{LABEL}, final: true, result: granted}}
registers:
  staff:
    title: {TEXT}
    public: false
    found_by: [email]
    facts:
      post: {{{LABEL}}}
      email: {{{LABEL}}}
retention: {{granted: 1 year}}
"""


def test_only_the_person_whom_an_entry_names_applies_about_it(db: None) -> None:
    service = small_services.service("staff", "ST", NAMED_BY)
    small_services.published(service)
    named, other = person("named"), person("other")
    entry = enter(service, "staff", post="Clerk", email="Named@Example.com")
    assert [choice.entry.ref for choice in entries.choices(service, named.ref, today=DAY)] == [entry.ref]
    assert entries.choices(service, other.ref, today=DAY) == []
    assert entries.chosen(service, entry.number, named.ref, today=DAY).ref == entry.ref
    with pytest.raises(entries.NoSubject):
        entries.chosen(service, entry.number, other.ref, today=DAY)
    story = Example.model_validate({
        "example": "A clerk", "starts": "2026-03-02T10:00:00+08:00", "answers": {"word": "x"},
        "entry": {"facts": {"post": "Clerk"}, "from": "2026-01-01"}, "expect": {"state": "received"},
    })  # fmt: skip
    play.play(story, service, load.pack(), person=named)
    somebody = {"post": "Clerk", "email": "else@example.com"}
    refused = story.model_copy(update={"entry": story.entry and story.entry.model_copy(update={"facts": somebody})})
    with pytest.raises(play.Differs, match="NoSubject"):
        play.play(refused, service, load.pack(), person=other)
    for old, new, said in (
        (", named_by: email", "", "'who: named' and 'named_by' go together"),
        ("named_by: email", "named_by: mail", "did you mean 'email'"),
        ("found_by: [email]", "found_by: [post]", "it needs {found_by: [email]}"),
    ):
        problems = small_services.problems("staff", "ST", NAMED_BY.replace(old, new))
        assert any(said in problem for problem in problems), problems


def test_of_a_register_that_tells_their_number_rules_learn_nothing_else(db: None) -> None:
    service = goods(counted="tells: count", lookups=COUNTED)
    for number, code in enumerate(("a", "a", "b")):
        enter(service, "credits", holder=person("holder").ref, once_key=str(number), amount=5, code=code)
    found = seen(service, "same", word="a")
    assert dict(found) == {"count": 2, "more": False}
    assert [seen(service, "same", word=word)["count"] for word in ("A ", "b", "c")] == [2, 1, 0]
