"""A grant that is paid by itself: each day once, whatever stops the worker, at the rate of the day or of the case."""

from datetime import UTC, date, datetime, timedelta

import pytest
from tests import small_services
from tests.journeys.test_entries import person

from praya.blocks.cases import api as cases
from praya.blocks.notices import api as notices
from praya.journey import acting, application_steps, case_context, explanations, jobs, load, payments

AT = datetime(2026, 1, 31, 2, tzinfo=UTC)
OFFICER = acting.By("officer:x", ("officer",), "fehd")
ALLOWANCE = """
parameters: {rate: [{from: 2020-01-01, value: 100}, {from: 2026-04-01, value: 110}]}
form:
  - page: you
    questions:
      - name: {type: text, max_length: 60, label: {en: Name, zh-hant: 姓名}}
fees:
  - name: monthly
    kind: grant
    label: {en: Allowance, zh-hant: 津貼}
    amount: parameters.rate
    pays:
      {every: 1 month, from: case.opened_date, until: "months_after(case.opened_date, 12)", while: [paid],
       when: "findings.shut == null || !findings.shut", of: today, notify: [payment]}
flow:
  start: paid
  states:
    paid:
      label: {en: Paid, zh-hant: 發放中}
      actions:
        hold: {label: {en: Hold, zh-hant: 暫停}, to: held}
        shut: {label: {en: Shut, zh-hant: 停付}, ask: [{shut: {type: yes-no, label: {en: Shut?, zh-hant: 停付？}}}]}
        end: {label: {en: End, zh-hant: 終止}, to: ended}
    held:
      label: {en: Held, zh-hant: 已暫停}
      actions: {resume: {label: {en: Resume, zh-hant: 恢復}, to: paid}}
    ended: {label: {en: Ended, zh-hant: 已終止}, final: true, result: completed}
notices:
  payment:
    subject: {en: Paid, zh-hant: 已發放}
    body: {en: "We pay {fees.monthly.amount}", zh-hant: "{fees.monthly.amount}"}
retention: {completed: 1 year}
"""


def small(text: str = ALLOWANCE, version: int = 1) -> load.Territory:
    service = small_services.service("small-allowance", "SA", text)
    return small_services.published(service.model_copy(update={"version": version}))


def allowance(territory: load.Territory) -> str:
    return application_steps.apply_at_once(
        territory.services["small-allowance"], person=person("holder"), language="en", answers={"name": "Holder"},
        files={}, seats=[], once_key="one", at=AT,
    ).ref  # fmt: skip


def do(ref: str, action: str, at: datetime, **answers: object) -> cases.Case:
    return acting.act(
        case=cases.case(ref), action=action, by=OFFICER, answers=answers, reason="", once_key=f"{ref}{action}{at}",
        at=at,
    )  # fmt: skip


def paid(ref: str) -> dict[str, int]:
    return {fee.day: fee.cents // 100 for fee in cases.case(ref).fees if fee.state == "paid"}


def on(month: int, day: int, hour: int = 12) -> datetime:
    return datetime(2026, month, day, hour - 8, tzinfo=UTC)


@pytest.fixture
def ref(db: None) -> str:
    return allowance(small())


def test_each_day_is_paid_once_at_its_own_rate_and_the_31st_comes_back(ref: str) -> None:
    for _ in range(2):
        jobs.run_timers(at=on(4, 30))
    assert paid(ref) == {"2026-01-31": 100, "2026-02-28": 100, "2026-03-31": 100, "2026-04-30": 110}
    case = cases.case(ref)
    assert case.pay_at is not None
    assert load.pack().calendar.day_of(case.pay_at) == date(2026, 5, 31)
    assert {n.body for n in notices.inbox(case.person_ref)} == {"We pay HK$100", "We pay HK$110"}
    assert cases.errands(limit=1) == []


def test_the_last_day_is_the_last(ref: str) -> None:
    jobs.run_timers(at=AT + timedelta(days=900))
    assert (len(paid(ref)), cases.case(ref).pay_at) == (13, None)


def test_a_kill_in_the_middle_of_a_payment_pays_nothing_twice(ref: str, monkeypatch: pytest.MonkeyPatch) -> None:
    case, reckon = cases.case(ref), payments.reckon

    def killed(*_: object) -> cases.Case:
        raise KeyboardInterrupt

    monkeypatch.setattr(payments, "reckon", killed)
    with pytest.raises(KeyboardInterrupt):
        jobs.run_timers(at=on(1, 31))
    assert paid(ref) == {}, "half done is not done"
    monkeypatch.setattr(payments, "reckon", reckon)
    jobs.run_timers(at=on(1, 31))
    # A worker that still holds the case as it was before finds the day paid.
    service, pack = load.compiled(case.service, case.version), load.pack()
    payments.pay(case, service, pack)
    assert list(paid(ref)) == ["2026-01-31"]
    (grant,) = cases.case(ref).fees
    assert cases.pay_by_itself(ref=ref, grants=[grant], done=on(1, 31), at=on(1, 31)) == []


def test_what_was_due_is_paid_before_the_case_moves_and_nothing_while_it_is_held(ref: str) -> None:
    do(ref, "hold", on(2, 28))
    assert list(paid(ref)) == ["2026-01-31", "2026-02-28"], "the worker came later than the officer"
    assert cases.case(ref).pay_at is None
    do(ref, "resume", on(4, 30, 8))
    jobs.run_timers(at=on(5, 1))
    assert list(paid(ref)) == ["2026-01-31", "2026-02-28", "2026-04-30"]
    do(ref, "end", on(6, 1))
    jobs.run_timers(at=on(12, 31))
    assert list(paid(ref))[-1] == "2026-05-31"


def test_a_day_on_which_the_condition_does_not_hold_passes(ref: str) -> None:
    do(ref, "shut", on(2, 1), shut=True)
    jobs.run_timers(at=on(3, 1))
    do(ref, "shut", on(3, 2), shut=False)
    jobs.run_timers(at=on(4, 1))
    assert list(paid(ref)) == ["2026-01-31", "2026-03-31"]


def test_a_newer_version_gives_a_running_case_the_rate_of_today_only(db: None) -> None:
    ref = allowance(small())
    small(ALLOWANCE.replace("{from: 2026-04-01, value: 110}", "{from: 2026-02-01, value: 130}"), version=2)
    jobs.run_timers(at=on(3, 1))
    assert (cases.case(ref).version, paid(ref)) == (1, {"2026-01-31": 100, "2026-02-28": 130})


def test_without_of_today_the_rate_is_that_of_the_case(db: None) -> None:
    ref = allowance(small(ALLOWANCE.replace("of: today, ", "")))
    jobs.run_timers(at=on(4, 30))
    assert set(paid(ref).values()) == {100}


def test_an_amount_that_cannot_be_worked_out_is_told_and_the_next_day_comes(db: None) -> None:
    amount = 'amount: "parameters.rate / (month(today) < 2 ? 0 : 1)"'
    ref = allowance(small(ALLOWANCE.replace("amount: parameters.rate", amount)))
    jobs.run_timers(at=on(2, 28))
    assert list(paid(ref)) == ["2026-02-28"]
    assert "not_paid" in [step.kind for step in cases.history(ref)]


@pytest.mark.parametrize(
    ("was", "now", "sentence"),
    [
        ("kind: grant", "kind: deposit", "only a 'kind: grant' is paid by itself"),
        ("every: 1 month", "every: 3 days", "a grant is paid every week at most"),
        ("while: [paid]", "while: [ended]", "take it out"),
        ("while: [paid]", "while: [payd]", "'payd'"),
        ("notify: [payment]", "notify: [paymint]", "'paymint'"),
        ("amount: parameters.rate", "amount: '100'", "reads nothing of today's law"),
        ("to: held}", "to: held, pay_out: [monthly]}", "would be paid twice"),
    ],
)
def test_what_cannot_be_is_told(was: str, now: str, sentence: str) -> None:
    told = small_services.problems("small-allowance", "SA", ALLOWANCE.replace(was, now))
    assert any(sentence in one for one in told), told


def test_an_amount_is_explained_by_the_law_of_its_day(ref: str) -> None:
    case = cases.case(ref)
    service, pack = load.compiled(case.service, case.version), load.pack()
    for moment, amount, rate in ((on(3, 31), "HK$100", "100"), (on(4, 30), "HK$110", "110")):
        jobs.run_timers(at=moment)
        seen = case_context.of_case(cases.case(ref), service, pack, today=pack.calendar.day_of(moment))
        (line,) = explanations.of_case(seen, pack, language="en")
        assert (line.value, line.within[0].value) == (amount, rate)
