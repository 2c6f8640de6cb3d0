import tracemalloc
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from praya.blocks.registers import api as registers
from praya.blocks.registers import store
from praya.blocks.registers.models import EntryRow
from praya.kernel.journal import api as journal
from praya.kernel.journal.models import JournalEntry

AT = datetime(2023, 1, 5, 10, tzinfo=UTC)
DAY = date(2023, 1, 5)
WHERE = {"service": "restaurant-licence", "register": "licensed-restaurants"}


def enter(name: str = "Golden Bowl", **changes: Any) -> registers.Entry:
    values: dict[str, Any] = {
        **WHERE,
        "case_ref": f"case {name}"[:40],
        "facts": {"name": name, "district": {"en": "Sha Tin", "zh-hant": "沙田灣"}},
        "from_date": DAY,
        "until_date": date(2024, 1, 4),
        "once_key": f"key {name}",
    }
    return registers.enter(registers.NewEntry(**values | changes), at=AT, by="officer:x")


def names(**question: Any) -> list[str]:
    page = registers.entries(**WHERE | {"on": DAY} | question)
    return [str(e.facts["name"]) for e in page.entries]


def test_an_entry_is_in_the_register_and_the_journal_holds_its_reference_only(db: None) -> None:
    entry = enter("陳記")
    assert registers.entry(entry.ref) == entry
    assert entry.fact_text("district", "zh-hans") == "沙田湾"
    assert entry.fact_text("district", "en") == "Sha Tin"
    assert entry.fact_text("nothing", "en") == ""
    (fact,) = journal.about("case 陳記")
    assert (fact.event, dict(fact.facts)) == ("register_entered", {"entry": entry.ref, "register": WHERE["register"]})
    assert "Sha Tin" not in str(list(JournalEntry.objects.values()))


def test_the_same_key_twice_is_one_entry(db: None) -> None:
    assert enter() == enter(facts={"name": "Another"})
    assert EntryRow.objects.count() == 1
    assert JournalEntry.objects.count() == 1


def test_an_entry_is_in_force_on_its_first_and_its_last_day(db: None) -> None:
    enter()
    for day, found in ((4, 0), (5, 1)):
        assert len(names(on=date(2023, 1, day))) == found
    assert len(names(on=date(2024, 1, 4))) == 1
    assert len(names(on=date(2024, 1, 5))) == 0
    enter("Endless", until_date=None)
    assert names(on=date(2099, 1, 1)) == ["Endless"]


def test_a_struck_entry_was_in_force_until_the_day_before(db: None) -> None:
    entry = enter()
    struck_at = AT + timedelta(days=10)  # 15 January, 6:00pm in Hong Kong
    strike = {"case_ref": "case Golden Bowl", "at": struck_at, "by": "officer:x", "because": "closed"}
    assert registers.strike(**strike) == 1
    assert registers.strike(**strike) == 0
    assert len(names(on=date(2023, 1, 14))) == 1
    assert len(names(on=date(2023, 1, 15))) == 0
    assert registers.entry(entry.ref).struck_at == struck_at
    assert [f.event for f in journal.about("case Golden Bowl")] == ["register_struck", "register_entered"]


def test_only_the_named_register_of_a_case_is_struck(db: None) -> None:
    enter()
    enter("Golden Bowl", register="other", once_key="2")
    strike = {"case_ref": "case Golden Bowl", "at": AT, "by": "officer:x", "because": "closed"}
    assert registers.strike(register="other", **strike) == 1
    assert names() == ["Golden Bowl"]
    assert registers.strike(**strike) == 1


def test_an_amended_entry_says_something_else_and_keeps_what_it_said(db: None) -> None:
    entry = enter()
    change: dict[str, Any] = {"ref": entry.ref, "case_ref": "case 2", "at": AT + timedelta(days=1), "by": "officer:x"}
    amended = registers.amend(facts={"name": "Silver Bowl"}, **change)
    said = {**entry.facts, "name": "Silver Bowl"}
    assert (amended.ref, amended.facts, amended.until_date) == (entry.ref, said, entry.until_date)
    assert names(query="silver") == ["Silver Bowl"]
    assert names(query="golden") == []
    (before,) = registers.earlier(entry.ref)
    assert (before.facts, before.amended_at, before.case_ref) == (entry.facts, AT + timedelta(days=1), "case 2")
    longer = registers.renew(until_date=date(2025, 1, 4), **change)
    assert (longer.facts, longer.until_date) == (amended.facts, date(2025, 1, 4))
    assert registers.of_case("case Golden Bowl") == [longer]
    assert [f.event for f in journal.about("case 2")] == ["register_renewed", "register_amended"]
    registers.strike(case_ref="case Golden Bowl", at=AT, by="officer:x", because="closed")
    for do in (
        lambda: registers.amend(facts={"name": "x"}, **change),
        lambda: registers.renew(until_date=date(2030, 1, 4), **change),
        lambda: registers.transfer(holder_ref="x", **change),
    ):
        with pytest.raises(registers.NoEntry):
            do()
    assert registers.strike_entry(because="again", **change) is False


def test_what_ends_before_it_begins_is_not_entered(db: None) -> None:
    with pytest.raises(registers.NotEnterable):
        enter(until_date=date(2023, 1, 1))
    with pytest.raises(registers.NoEntry):
        registers.entry("0" * 32)


def test_search_finds_parts_of_words_in_either_script_and_treats_signs_as_signs(db: None) -> None:
    enter("Golden Bowl 金碗茶餐廳")
    enter("100% Vegetarian_Kitchen")
    enter("Silver Spoon")
    assert names(query="bowl GOLDEN") == ["Golden Bowl 金碗茶餐廳"]
    assert names(query="茶餐厅") == ["Golden Bowl 金碗茶餐廳"]
    assert names(query="沙田湾 spoon") == ["Silver Spoon"]
    assert names(query="100%") == names(query="n_k") == ["100% Vegetarian_Kitchen"]
    assert names(query="%") == ["100% Vegetarian_Kitchen"]
    assert names(query="\x00'; DROP TABLE registers_entry; --") == []
    assert len(names(query="   ")) == 3


def test_pages_follow_each_other_in_order_without_counting(db: None, django_assert_num_queries: Any) -> None:
    for n in range(7, 0, -1):
        enter(f"Bowl {n}")
    with django_assert_num_queries(1):
        first = registers.entries(**WHERE, on=DAY, size=3)
    assert [e.facts["name"] for e in first.entries] == ["Bowl 1", "Bowl 2", "Bowl 3"]
    assert first.more
    assert names(page=2, size=3) == ["Bowl 4", "Bowl 5", "Bowl 6"]
    last = registers.entries(**WHERE, on=DAY, page=3, size=3)
    assert ([e.facts["name"] for e in last.entries], last.more) == (["Bowl 7"], False)
    assert names(page=99) == []
    assert len(names(page=-5, size=0)) == 1
    assert registers.entries(service="other", register=WHERE["register"], on=DAY) == registers.Page((), more=False)


def test_a_whole_register_is_read_in_constant_memory_and_misses_nothing(db: None) -> None:
    def fill(service: str, number: int) -> None:
        EntryRow.objects.bulk_create(
            EntryRow(
                ref=f"{service}{n:031}",
                number=f"{service}{n}",
                once_key=f"{service}{n}",
                service=service,
                register="r",
                case_ref="c",
                facts='{"name":"%s"}' % ("x" * 400),
                searched="x",
                stands_by=f"{n % 7}",  # many stand at the same place
                from_date=DAY,
                entered_at=AT,
            )
            for n in range(number)
        )

    def most_memory(service: str) -> tuple[int, int]:
        seen = set()
        tracemalloc.start()
        for entry in registers.all_entries(service=service, register="r", on=DAY):
            seen.add(entry.ref[-5:])
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return len(seen), peak

    fill("a", 1000)
    fill("b", 6000)
    most_memory("a")
    small, large = most_memory("a"), most_memory("b")
    assert (small[0], large[0]) == (1000, 6000)
    # Six times the entries need no more than the set of references that this test itself keeps.
    assert large[1] < small[1] + 6000 * 200
    assert store.AT_ONCE == 500


def test_all_entries_without_a_day_are_all_there_ever_were(db: None) -> None:
    enter("Begins later", from_date=date(2023, 6, 1))
    enter("Struck")
    registers.strike(case_ref="case Struck", at=AT, by="officer:x", because="closed")
    assert [e.facts["name"] for e in registers.all_entries(**WHERE)] == ["Begins later", "Struck"]
    assert list(registers.all_entries(**WHERE, on=DAY)) == []
