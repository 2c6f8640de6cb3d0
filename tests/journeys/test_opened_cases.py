"""A case opens one of another service for the same person: once, by that service's rules, and never for ever."""

from datetime import UTC, datetime, timedelta

import pytest
from tests import small_services
from tests.journeys.test_entries import person

from praya.blocks.cases import api as cases
from praya.blocks.notices import api as notices
from praya.definition import check
from praya.definition.example import Example
from praya.journey import acting, application_steps, load, play
from praya.journey.acting import linked

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
OFFICER = acting.By("officer:x", ("officer",), "fehd")
PERMIT = """
opened_cases:
  visit: {service: small-visit, when: answers.visited, answers: {who: answers.name, day: "days_after(today, 7)"}}
form:
  - page: you
    questions:
      - name: {type: text, max_length: 60, label: {en: Name, zh-hant: 姓名}}
      - visited: {type: yes-no, label: {en: Visit, zh-hant: 到訪}}
flow:
  start: asked
  states:
    asked:
      label: {en: Asked, zh-hant: 已申請}
      actions: {grant: {label: {en: Grant, zh-hant: 批准}, to: granted}}
    granted: {label: {en: Granted, zh-hant: 已批准}, final: true, result: granted, opens: [visit]}
retention: {granted: 1 year}
"""
VISIT = """
opened_by: cases
for_cases_of: [small-permit]
form:
  - page: visit
    questions:
      - who: {type: text, max_length: 60, label: {en: Who, zh-hant: 姓名}}
      - day: {type: date, label: {en: Day, zh-hant: 日期}}
eligibility:
  - {unless: "answers.who != 'Nobody'", refuse: {en: Nobody is visited., zh-hant: 無人到訪。}}
flow:
  start: planned
  states:
    planned:
      label: {en: Planned, zh-hant: 已計劃}
      notify: [planned]
      actions: {done: {label: {en: Done, zh-hant: 完成}, to: done}}
    done: {label: {en: Done, zh-hant: 完成}, final: true, result: completed}
notices:
  planned: {subject: {en: We visit you, zh-hant: 我們將到訪}, body: {en: "On {answers.day}", zh-hant: "{answers.day}"}}
retention: {completed: 1 year}
"""


@pytest.fixture
def territory(db: None) -> load.Territory:
    one = small_services.service("small-permit", "SP", PERMIT)
    return small_services.published(one, small_services.service("small-visit", "SV", VISIT))


def permit(territory: load.Territory, name: str, *, visited: bool = True) -> cases.Case:
    return application_steps.apply_at_once(
        territory.services["small-permit"], person=person(name), language="en", files={}, seats=[], at=AT,
        answers={"name": name, "visited": visited}, once_key=name,
    )  # fmt: skip


def grant(case: cases.Case) -> cases.Case:
    return acting.act(
        case=cases.case(case.ref), action="grant", by=OFFICER, answers={}, reason="", once_key=f"{case.ref}grant",
        at=AT + timedelta(days=1),
    )  # fmt: skip


def test_a_grant_opens_a_visit_for_the_same_person_who_is_told(territory: load.Territory) -> None:
    assert "small-visit" not in territory.offered, "nobody applies for it"
    case = permit(territory, "Anna")
    for _ in range(2):
        grant(case)
    (visit,) = cases.opened_by(case.ref)
    assert (visit.person_ref, visit.state, visit.opened_from) == (case.person_ref, "planned", case.ref)
    assert cases.content(visit.ref).answers == {"who": "Anna", "day": "2026-03-10"}
    assert [n.subject for n in notices.inbox(case.person_ref)] == ["We visit you"]
    assert [s.kind for s in cases.history(case.ref)] == ["opened", "moved", "opened_another"]


def test_nothing_is_opened_where_the_condition_or_the_rules_of_the_other_service_say_no(
    territory: load.Territory,
) -> None:
    unvisited, nobody = permit(territory, "Ben", visited=False), permit(territory, "Nobody")
    assert [grant(case).result for case in (unvisited, nobody)] == ["granted", "granted"]
    assert [cases.opened_by(case.ref) for case in (unvisited, nobody)] == [[], []]
    assert [s.kind for s in cases.history(unvisited.ref)][-1] == "moved"
    assert [s.kind for s in cases.history(nobody.ref)][-1] == "not_opened"


def test_what_was_not_opened_before_a_kill_is_opened_afterwards_once(
    territory: load.Territory, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, done = permit(territory, "Anna"), linked._do
    monkeypatch.setattr(linked, "AT_ONCE", 0)
    grant(case)
    assert cases.opened_by(case.ref) == []

    def killed(errand: cases.Errand) -> None:
        done(errand)
        raise KeyboardInterrupt

    monkeypatch.setattr(linked, "_do", killed)
    with pytest.raises(KeyboardInterrupt):
        acting.run_errands(at=AT)
    assert cases.opened_by(case.ref) == [], "half done is not done"
    monkeypatch.setattr(linked, "_do", done)
    assert [acting.run_errands(at=AT), acting.run_errands(at=AT)] == [1, 0]
    assert len(cases.opened_by(case.ref)) == 1


def said(permit: tuple[str, str] = ("", ""), visit: tuple[str, str] = ("", "")) -> list[str]:
    """What is said of a changed permit that opens a changed visit."""
    one = small_services.service("small-permit", "SP", PERMIT.replace(*permit))
    other = small_services.service("small-visit", "SV", VISIT.replace(*visit))
    return [str(message) for _, message in check.about_another(one, other)]


@pytest.mark.parametrize(
    ("permit", "visit", "sentence"),
    [
        (
            ("", ""),
            ("for_cases_of: [small-permit]", "for_cases_of: [small-other]"),
            "does not let cases of 'small-permit'",
        ),
        (("who: answers.name, ", ""), ("", ""), "asks 'who', which is not answered here"),
        (("who: answers.name", "whom: answers.name"), ("", ""), "question of 'small-visit'"),
    ],
)
def test_what_does_not_fit_is_told(permit: tuple[str, str], visit: tuple[str, str], sentence: str) -> None:
    assert any(sentence in one for one in said(permit, visit)), said(permit, visit)


def test_an_unknown_case_is_told() -> None:
    assert any(
        "visi'" in one
        for one in small_services.problems("small-permit", "SP", PERMIT.replace("opens: [visit]", "opens: [visi]"))
    )


def test_cases_that_open_each_other_by_themselves_are_refused() -> None:
    more = "{more: {service: small-visit, answers: {who: answers.who, day: answers.day}}}"
    changed = VISIT.replace("_of: [small-permit]", f"_of: [small-visit]\nopened_cases: {more}")
    changed = changed.replace("notify: [planned]", "notify: [planned]\n      opens: [more]")
    assert any("for ever" in one for one in small_services.problems("small-visit", "SV", changed))


# A permit for several places: each is visited, and the permit rests on what the visits found.
PLACES = """
opened_cases:
  visit:
    service: place-visit
    several: answers.places
    when: item.open
    answers: {who: item.place, day: "days_after(today, 7)"}
form:
  - page: you
    questions:
      - name: {type: text, max_length: 60, label: {en: Name, zh-hant: 姓名}}
      - places:
          type: repeat
          max: 500
          item: {en: Place, zh-hant: 地點}
          label: {en: Places, zh-hant: 地點}
          questions:
            - place: {type: text, max_length: 60, label: {en: Place, zh-hant: 地點}}
            - open: {type: yes-no, label: {en: Open, zh-hant: 開放}}
flow:
  start: asked
  states:
    asked:
      label: {en: Asked, zh-hant: 已申請}
      actions: {visit: {label: {en: Visit all, zh-hant: 全部到訪}, to: visiting}}
    visiting:
      label: {en: Being visited, zh-hant: 到訪中}
      opens: [visit]
      when_opened_ended:
        - {when: "opened.visit.all > 0 && opened.visit.each.all(v, v.findings.points >= 5)", to: granted}
        - {to: refused}
    granted: {label: {en: Granted, zh-hant: 已批准}, final: true, result: granted, notify: [told]}
    refused: {label: {en: Refused, zh-hant: 已拒絕}, final: true, result: refused, notify: [told]}
notices:
  told:
    subject: {en: "{opened.visit.completed} of {opened.visit.all}", zh-hant: "{opened.visit.all}"}
    body: {en: "{opened.visit.each.map(v, v.answers.who)}", zh-hant: "{opened.visit.each.map(v, v.answers.who)}"}
retention: {granted: 1 year, refused: 1 year}
"""
POINTS = """\
actions:
        done:
          label: {en: Done, zh-hant: 完成}
          to: done
          ask: [points: {type: number, min: 0, max: 9, label: {en: Points, zh-hant: 分數}}]"""
TOLD = "for_cases_of: [place-permit]\nopener_sees: [who, findings.points]"
PLACE_VISIT = VISIT.replace("for_cases_of: [small-permit]", TOLD).replace(
    "actions: {done: {label: {en: Done, zh-hant: 完成}, to: done}}", POINTS
)


@pytest.fixture
def places(db: None) -> load.Territory:
    one = small_services.service("place-permit", "PP", PLACES)
    return small_services.published(one, small_services.service("place-visit", "PV", PLACE_VISIT))


def visited(territory: load.Territory, places: list[tuple[str, bool]], name: str = "Anna") -> cases.Case:
    case = application_steps.apply_at_once(
        territory.services["place-permit"], person=person(name), language="en", files={}, seats=[], at=AT,
        answers={"name": name, "places": [{"place": p, "open": o} for p, o in places]}, once_key=name,
    )  # fmt: skip
    return acting.act(
        case=case, action="visit", by=OFFICER, answers={}, reason="", once_key=f"{case.ref}visit", at=AT
    )  # fmt: skip


def found(visit: cases.Case, points: int) -> None:
    acting.act(
        case=visit, action="done", by=OFFICER, answers={"points": points}, reason="", once_key=f"{visit.ref}done", at=AT
    )


def test_a_case_is_opened_for_each_item_and_rules_read_what_came_of_them(places: load.Territory) -> None:
    case = visited(places, [("North", True), ("South", False), ("East", True)])
    opened = cases.opened_by(case.ref)
    assert [(one.opened_as, cases.content(one.ref).answers["who"]) for one in opened] == [
        ("visit#1", "North"), ("visit#3", "East")
    ]  # fmt: skip
    found(opened[1], 7)
    assert cases.case(case.ref).state == "visiting"
    found(opened[0], 5)
    assert cases.case(case.ref).state == "granted"
    letter = next(one for one in notices.inbox(case.person_ref) if one.name == "told")
    assert (letter.subject, letter.body) == ("2 of 2", "North, East")


def test_one_that_fails_refuses_all_and_nothing_to_visit_is_no_waiting(places: load.Territory) -> None:
    case = visited(places, [("North", True), ("East", True)])
    for one, points in zip(cases.opened_by(case.ref), (9, 4), strict=True):
        found(one, points)
    assert cases.case(case.ref).state == "refused"
    assert visited(places, [("South", False)], "Ben").state == "refused"


def test_many_are_opened_once_each_also_when_the_worker_is_killed_between(
    places: load.Territory, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = visited(places, [(f"Place {number}", True) for number in range(30)])
    done, at_once = linked._do, len(cases.opened_by(case.ref))
    assert at_once == linked.AT_ONCE

    def killed(errand: cases.Errand) -> None:
        done(errand)
        if errand.what == "opens visit#25":
            raise KeyboardInterrupt

    monkeypatch.setattr(linked, "_do", killed)
    with pytest.raises(KeyboardInterrupt):
        acting.run_errands(at=AT)
    monkeypatch.setattr(linked, "_do", done)
    assert len(cases.opened_by(case.ref)) == 24, "what was half done is not done"
    acting.run_errands(at=AT)
    assert [one.opened_as for one in cases.opened_by(case.ref)] == [f"visit#{number}" for number in range(1, 31)]
    assert acting.run_errands(at=AT) == 0


def test_a_story_is_of_the_case_of_an_item(places: load.Territory) -> None:
    told = {
        "example": "Test", "starts": AT, "language": "en",
        "answers": {"name": "Anna", "places": [{"place": p, "open": True} for p in ("North", "South")]},
        "steps": [
            {"by": "officer", "do": "visit", "expect": {"opened": ["place-visit", "place-visit"]}},
            {"of": "place-visit", "item": 2, "by": "officer", "do": "done", "answers": {"points": 6},
             "expect": {"state": "done"}},
            {"of": "place-visit", "item": 1, "expect": {"state": "planned"}},
            {"of": "place-visit", "item": 1, "by": "officer", "do": "done", "answers": {"points": 6},
             "expect": {"state": "done"}},
            {"expect": {"state": "granted"}},
        ],
    }  # fmt: skip
    play.play(Example.model_validate(told), places.services["place-permit"], load.pack(), person=person("Anna"))


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("several: answers.places", "several: answers.place", "there is no repeat 'answers.place'"),
        ("who: item.place", "who: item.plaec", "there is no question of 'places' 'plaec'"),
        ("    several: answers.places\n", "", "there is no item: say of which repeat"),
        ("opened.visit.all > 0", "opened.visits.all > 0", "'opened.visits' does not exist"),
        ("opened.visit.all > 0", "opened.visit.gone > 0", "there is no member of 'opened.visit' 'gone'"),
        ("to: granted}", "to: grantd}", "there is no state 'grantd'"),
        ("opened.visit.all > 0", "opened.visit.answers.day > today", "does not tell 'day' to the case"),
    ],
)
def test_what_is_wrong_with_what_is_opened_is_told(old: str, new: str, sentence: str) -> None:
    assert old in PLACES
    other = small_services.service("place-visit", "PV", PLACE_VISIT)
    text = PLACES.replace(old, new, 1)
    found = small_services.problems("place-permit", "PP", text)
    if not found:
        one = small_services.service("place-permit", "PP", text)
        found = [str(message) for _, message in check.about_another(one, other)]
    assert any(sentence in one for one in found), found
