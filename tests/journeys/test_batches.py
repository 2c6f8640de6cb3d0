"""One action on many cases: each case once, refusals told, stopped and continued, back where nothing has left."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from tests.installations import House
from tests.journeys import batch_town as town
from tests.journeys.batch_town import AT, LATER
from tests.journeys.turns import TURNS, applied, choose
from tests.small import published
from tests.town import killed

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.blocks.stocks import api as stocks
from praya.journey import acting, batches, lines
from praya.journey.stocks import ref_of
from praya.kernel.journal import api as journal

CASES, KILLS, LONGEST = 40, 2, 60


def ran(batch: cases.Batch, to: Any = "running") -> dict[str, int]:
    assert cases.lead_batch(batch, to, at=LATER, by=f"officer:{batch.officer_ref}")
    while batches.run(at=LATER):
        pass
    return cases.batch_counts(batch.ref)


def whys(batch: cases.Batch, state: str = "refused") -> dict[str, str]:
    return {item.case_ref: item.why for item in cases.batch_items(batch.ref, state)}


@pytest.mark.django_db
def test_each_case_is_acted_on_once_and_each_refusal_is_told() -> None:
    town.publish()
    who, refs = town.officer(), [town.case(n) for n in range(4)]
    elsewhere = town.officer(department="fehd")
    mine = identity.enrol(email=who.email, name=None, language="en", at=AT)
    own = town.case(9)
    from praya.blocks.cases import models

    models.Case.objects.filter(ref=own).update(person_ref=mine.ref)
    assert cases.case(own).person_ref == mine.ref
    closed = town.case(5)
    done = cases.case(closed)
    acting.act(case=done, action="cancel", by=acting.officer(who, "dh"), answers={}, reason="x", once_key="k", at=AT)
    batch = town.opened(who, [*refs, own, closed, "PP-2222-2222"])
    assert batch.state == "shown"
    assert cases.batch_counts(batch.ref) == {"ready": 4, "refused": 1}
    assert whys(batch) == {closed: "closed"}, "nothing tells that their own case is there"
    assert town.opened(elsewhere, refs).state == "shown"
    assert cases.batch_counts(town.opened(elsewhere, refs).ref) == {}, "nothing tells that the cases are there"
    # Somebody acts on one of them between the preview and the run.
    acting.act(case=cases.case(refs[0]), action="shelve", by=acting.officer(who, "dh"), answers={"shelf": "A"},
               reason="", once_key="k2", at=AT)  # fmt: skip
    assert batches.run(at=LATER) == 0, "nothing runs before it is begun"
    assert ran(batch) == {"done": 3, "refused": 2}
    assert whys(batch)[refs[0]] == "moved"
    assert [cases.case(ref).state for ref in refs] == ["shelved", "cancelled", "cancelled", "cancelled"]
    assert cases.history(refs[1])[-1].text == "A typhoon."
    assert batches.run(at=LATER) == 0
    assert not cases.lead_batch(batch, "running", at=LATER, by="x"), "what is done is not done again"
    events = [fact.event for fact in journal.about(batch.ref)]
    assert sorted(events) == ["batch_ended", "batch_led"]
    assert "typhoon" not in str(journal.about(batch.ref))


@pytest.mark.django_db
def test_what_needs_an_answer_is_looked_at_for_each_case() -> None:
    town.publish()
    who = town.officer()
    fine, late = town.case(1), town.case(2, late=True)
    batch = town.opened(who, [fine, late], "shelve", answers={})
    assert whys(batch) == {fine: "not_answered", late: "not_now"}
    assert whys(town.opened(who, [fine], "look")) == {fine: "not_now"}, "several officers look each on their own"
    assert whys(town.opened(who, [fine], "chief")) == {fine: "not_now"}
    names = [one.name for one in batches.actions_of(town.load.compiled("pitch-permit", 1), ["officer"])]
    assert names == ["shelve", "cancel", "resume"]


@pytest.mark.django_db
def test_what_has_not_left_is_taken_back_whole() -> None:
    town.publish()
    who = town.officer()
    refs = [town.case(n) for n in range(3)]
    before = [(cases.case(ref), cases.content(ref)) for ref in refs]
    batch = town.opened(who, refs, "shelve", answers={"shelf": "A 1"})
    assert ran(batch) == {"done": 3}
    assert cases.content(refs[0]).findings == {"shelf": "A 1"}
    acting.act(case=cases.case(refs[2]), action="resume", by=acting.officer(who, "dh"), answers={}, reason="",
               once_key="r", at=LATER)  # fmt: skip
    assert ran(batch, "undoing") == {"undone": 2, "done": 1}
    assert whys(batch, "done") == {refs[2]: "moved"}
    for (was, content), ref in list(zip(before, refs, strict=True))[:2]:
        now = cases.case(ref)
        for name in ("state", "state_since", "due_at", "waits_for_applicant", "timer_at", "timers_done", "closed_at"):
            assert getattr(now, name) == getattr(was, name), name
        assert cases.content(ref) == content
        assert [step.kind for step in cases.history(ref)] == ["opened", "moved", "taken_back"]
    assert ran(batch, "undoing") == {"undone": 2, "done": 1}
    # And they can be acted on again.
    assert ran(town.opened(who, refs, "shelve", answers={"shelf": "B"})) == {"done": 3}


@pytest.mark.django_db
def test_a_letter_that_has_left_is_not_taken_back() -> None:
    town.publish()
    who = town.officer()
    batch = town.opened(who, [town.case(1)])
    assert ran(batch) == {"done": 1}
    assert ran(batch, "undoing") == {"done": 1}
    assert cases.history(cases.batch_items(batch.ref, "done")[0].case_ref)[-1].kind != "taken_back"


HELD = TURNS.replace(
    "        keep:", "        hold: {label: {en: Hold, zh-hant: 暫留}, by: officer, to: held}\n        keep:"
).replace(
    "    returned:",
    "    held:\n      label: {en: Held, zh-hant: 暫留中}\n      actions:\n"
    "        again: {label: {en: Again, zh-hant: 重新輪候}, by: officer, to: waiting}\n"
    "        give:\n          label: {en: Give, zh-hant: 分配}\n          by: officer\n          to: chosen\n"
    "          ask: [room: {type: choice, stock: rooms, label: {en: Room, zh-hant: 房間}}]\n    returned:",
)


@pytest.mark.django_db
def test_neither_a_thing_that_was_taken_nor_a_place_in_a_line_is_taken_back() -> None:
    service = published(HELD)
    who = town.officer()
    case = applied(service, 1)

    def done(action: str, **answers: str) -> tuple[dict[str, int], str]:
        source: dict[str, Any] = {"refs": [case.ref]}
        batch = batches.begin_act(
            who, service="small-turns", action=action, answers=answers, reason="", source=source, at=LATER
        )
        cases.add_items(batch, batches.looked_at(batch, [case.ref], who, at=LATER), complete=True)
        assert ran(batch) == {"done": 1}
        return ran(batch, "undoing"), cases.case(case.ref).state

    lines.call_due(at=AT)
    choose(case.ref, "r1")
    assert done("hold") == ({"undone": 1}, "chosen"), "nothing has left"
    assert ran_hold(case.ref, who) == "held"
    assert done("give", room="r2") == ({"done": 1}, "chosen"), "others were not offered the thing"
    assert stocks.thing_of(ref_of("small-turns", "rooms"), case.ref) == "r2"
    assert ran_hold(case.ref, who) == "held"
    assert done("again") == ({"done": 1}, "waiting"), "it has a place in the line"


def ran_hold(ref: str, who: identity.Officer) -> str:
    case = cases.case(ref)
    return acting.act(case=case, action="hold", by=acting.officer(who, "dh"), answers={}, reason="",
                      once_key=f"{ref}{case.revision}", at=LATER).state  # fmt: skip


@pytest.mark.django_db
def test_a_batch_is_stopped_between_two_cases_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    town.publish()
    who = town.officer()
    batch = town.opened(who, [town.case(n) for n in range(5)])
    assert cases.lead_batch(batch, "running", at=AT, by="x")
    acts = acting.act
    seen: list[str] = []

    def act(**how: Any) -> cases.Case:
        seen.append(how["case"].ref)
        if len(seen) == 2:
            cases.lead_batch(batch, "stopped", at=AT, by="x")
        return acts(**how)

    monkeypatch.setattr(acting, "act", act)
    batches.run(at=LATER)
    assert cases.batch_counts(batch.ref) == {"done": 2, "ready": 3}
    assert batches.run(at=LATER) == 0
    assert ran(batch) == {"done": 5}
    assert len(seen) == len(set(seen)) == 5


@pytest.mark.django_db
def test_what_fails_for_one_case_stops_no_other_and_who_left_acts_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    town.publish()
    who = town.officer()
    refs = [town.case(n) for n in range(3)]
    batch, acts = town.opened(who, refs), acting.act

    def act(**how: Any) -> cases.Case:
        moved = acts(**how)
        if moved.ref == refs[1]:
            raise ZeroDivisionError
        return moved

    monkeypatch.setattr(acting, "act", act)
    assert ran(batch) == {"done": 2, "refused": 1}
    assert whys(batch) == {refs[1]: "failed"}
    assert cases.case(refs[1]).state == "received", "half a step is none"
    other = town.opened(who, [refs[1]], reason="Again.")
    cases.lead_batch(other, "running", at=AT, by="x")
    identity.officer_leaves(officer_ref=who.ref, at=AT, by="system")
    assert batches.run(at=LATER) == 0
    assert cases.batch(other.ref, officer_ref=who.ref).state == "stopped"


@pytest.mark.django_db
def test_cases_are_given_to_a_colleague_and_taken_back() -> None:
    town.publish()
    chief, who = town.officer("supervisor"), town.officer()
    refs = [town.case(n) for n in range(3)]
    cases.assign(ref=refs[0], officer_ref=chief.ref, at=AT, by="x")

    def given(by: identity.Officer, to: str) -> cases.Batch:
        batch = batches.begin_assign(by, to=to, source={}, at=AT)
        cases.add_items(batch, batches.looked_at(batch, refs, by, at=AT), complete=True)
        return batch

    assert whys(given(who, who.ref)) == {refs[0]: "not_now"}, "officers take what nobody has"
    assert set(whys(given(chief, town.officer(department="fehd").ref)).values()) == {"not_theirs"}
    batch = given(chief, who.ref)
    assert ran(batch) == {"done": 3}
    assert {cases.case(ref).assigned_to for ref in refs} == {who.ref}
    assert ran(batch, "undoing") == {"undone": 3}
    assert [cases.case(ref).assigned_to for ref in refs] == [chief.ref, "", ""]


@pytest.mark.size
def test_killed_again_and_again_each_case_is_acted_on_exactly_once(house: House) -> None:
    ref = house.call("tests.journeys.batch_town:prepare", number=CASES)

    def done() -> int:
        (row,) = house.do("SELECT COUNT(*) FROM cases_batch_item WHERE batch_id = ? AND state = 'done'", ref)
        return int(row[0])

    def until(holds: Callable[[], bool]) -> None:
        end = time.monotonic() + LONGEST
        while not holds():
            assert time.monotonic() < end, (done(), (house.folder / "said.txt").read_text()[-3000:])
            time.sleep(0.005)

    kills, seen = 0, list[int]()
    while kills < KILLS:
        worker, before = house.start("worker"), done()
        # In the middle of the next ones; the parts of a dead worker are free again when their lease is over.
        until(lambda before=before: done() > before + 2)  # type: ignore[misc]
        killed(worker)
        house.do("UPDATE outbox_part SET due_at = NULL")
        kills += 1
        seen.append(done())
    assert seen[-1] < CASES, "it was over before the last kill"
    worker = house.start("worker")
    try:
        until(lambda: house.do("SELECT state FROM cases_batch WHERE ref = ?", ref)[0][0] == "done")
    finally:
        killed(worker)
    outcome = house.call("tests.journeys.batch_town:outcome")
    assert outcome["items"] == {"done": CASES}
    assert outcome["states"] == {"cancelled": CASES}
    assert (outcome["steps"], outcome["letters"], outcome["closed"], outcome["ended"]) == ([1], [1], [1], 1)
