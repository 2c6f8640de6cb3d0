"""What is paid by itself, and the cases that a case opened, on the person's page and on the desk."""

import pytest
from django.test import Client
from tests import small_services
from tests.journeys import test_opened_cases as opening
from tests.journeys import test_payments as paying
from tests.web.test_entries import html
from tests.web.test_fees import officer_of, signed_in

from praya.blocks.cases import api as cases
from praya.journey import jobs
from praya.kernel import clock

PAID = {
    "en": ("HK$200", "in 2 payments", "Next payment: 31 March 2026"),
    "zh-hant": ("200元", "共 2 次", "下次發放：2026年3月31日"),
    "zh-hans": ("200元", "共 2 次", "下次发放：2026年3月31日"),
}


def at_the_desk(monkeypatch: pytest.MonkeyPatch) -> Client:
    officer = officer_of("fehd")
    return signed_in(monkeypatch, officer_ref=officer.ref, epoch=officer.epoch)


@pytest.mark.parametrize("lang", PAID)
def test_payments_are_told_in_sum_one_by_one_and_when_next(
    db: None, monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    monkeypatch.setattr(clock, "now", lambda: paying.on(3, 1))
    ref = paying.allowance(paying.small())
    jobs.run_timers(at=paying.on(3, 1))
    person_ref = cases.case(ref).person_ref
    pages = [html(signed_in(monkeypatch, person_ref=person_ref).get(f"/{lang}/cases/{ref}"))]
    pages.append(html(at_the_desk(monkeypatch).get(f"/{lang}/desk/cases/{ref}")))
    for page in pages:
        for words in PAID[lang]:
            assert words in page


def test_both_cases_lead_to_each_other_and_nobody_else_is_led_there(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: opening.AT)
    one = small_services.service("small-permit", "SP", opening.PERMIT)
    territory = small_services.published(one, small_services.service("small-visit", "SV", opening.VISIT))
    case = opening.permit(territory, "Anna")
    opening.grant(case)
    (visit,) = cases.opened_by(case.ref)
    mine = signed_in(monkeypatch, person_ref=case.person_ref)
    assert f"/en/cases/{visit.ref}" in html(mine.get(f"/en/cases/{case.ref}"))
    assert f"/en/cases/{case.ref}" in html(mine.get(f"/en/cases/{visit.ref}"))
    desk = at_the_desk(monkeypatch)
    assert f"/en/desk/cases/{visit.ref}" in html(desk.get(f"/en/desk/cases/{case.ref}"))
    assert "Opened a case: Service small-visit" in html(desk.get(f"/en/desk/cases/{case.ref}"))
    assert f"/en/desk/cases/{case.ref}" in html(desk.get(f"/en/desk/cases/{visit.ref}"))
