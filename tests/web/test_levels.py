"""Assurance levels: a session carries one, and actions and views require one."""

from collections.abc import Iterator
from importlib import import_module

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.test import Client, RequestFactory
from tests.shape.conftest import signed_in
from tests.small import AT, GRANT, player, published

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.blocks.identity.models import SessionRow
from praya.definition import check
from praya.journey import load
from praya.kernel import clock
from praya.kernel.crypto import vault
from praya.kernel.text import simplified
from praya.web import errors, who

WITHDRAWN = GRANT.replace(
    "to: assessing}",
    "to: assessing}\n        withdraw: {label: {en: Withdraw, zh-hant: 撤回}, by: applicant, to: refused}",
    1,
)
MISSING = {
    "en": "a sign-in that proves who you are",
    "zh-hant": "以已核實身分的方式登入",
    "zh-hans": simplified("以已核實身分的方式登入"),
}


@pytest.fixture(autouse=True)
def _day(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A day on which some way of signing in reaches level 2."""
    monkeypatch.setattr(clock, "now", lambda: AT)
    monkeypatch.setattr(check, "HIGHEST_LEVEL", 2)
    load.forget()
    yield
    load.forget()
    vault.reset_memory()


def resident(level: int, email: str = "player@example.com") -> Client:
    person = identity.enrol(email=email, name="Player Sample", language="en", at=AT)
    return signed_in(person_ref=person.ref, level=level)


def test_a_session_carries_its_level_and_when_it_was_reached() -> None:
    resident(2)
    row = SessionRow.objects.get()
    assert (row.level, row.level_at) == (2, AT)


@pytest.mark.parametrize("lang", sorted(MISSING))
def test_who_did_not_reach_the_level_is_told_what_is_missing(lang: str) -> None:
    published(GRANT + "assurance: {apply: 2}\n")
    answer = resident(1).get(f"/{lang}/services/small-grant/apply")
    assert answer.status_code == 403
    assert MISSING[lang] in answer.content.decode()
    assert resident(2).get(f"/{lang}/services/small-grant/apply").status_code == 302


def test_a_draft_is_opened_by_a_session_of_the_level_only() -> None:
    published(GRANT + "assurance: {apply: 2}\n")
    page = resident(2).get("/en/services/small-grant/apply")["Location"]
    assert resident(2).get(page).status_code == 200
    weak = resident(1)
    assert weak.get(page).status_code == 403
    assert weak.post(page, {"applicant_name": "Somebody"}).status_code == 403


def test_an_action_asks_for_its_own_level() -> None:
    found = published(WITHDRAWN + "assurance: {apply: 1, withdraw: 2}\n")
    assert (found.level_for("apply"), found.level_for("withdraw")) == (1, 2)
    case = player(found)().case
    address = f"/en/cases/{case.ref}/do/withdraw"
    weak = resident(1)
    assert weak.get(f"/en/cases/{case.ref}").status_code == 200
    sent = {"revision": str(case.revision), "once": "a" * 32}
    assert (weak.get(address).status_code, weak.post(address, sent).status_code) == (403, 403)
    assert cases.case(case.ref).state == "received"
    assert resident(2).post(address, sent).status_code == 302
    assert cases.case(case.ref).state == "refused"


def test_a_view_can_ask_for_a_level() -> None:
    @who.open_to("resident", level=2)
    def view(request: HttpRequest, *, lang: str) -> HttpResponseBase:
        return HttpResponse("inside")

    def asked(level: int) -> HttpResponseBase:
        request = RequestFactory().get("/en/me")
        request.session = import_module(settings.SESSION_ENGINE).SessionStore()
        request.META[who.SESSION] = who.Session(person_ref="p" * 32, level=level, level_at=AT)
        try:
            return view(request, lang="en")
        except who.LevelMissing as missing:
            answer = errors.Refusals(lambda _: HttpResponse()).process_exception(request, missing)
            assert answer is not None
            return answer

    assert [asked(level).status_code for level in (1, 2)] == [403, 200]


def test_today_no_definition_is_published_that_nobody_could_use(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.small import problems

    monkeypatch.setattr(check, "HIGHEST_LEVEL", 1)
    assert problems(load.pack(), GRANT + "assurance: {apply: 2}\n") == [
        "assurance.apply: no way of signing in reaches level 2 yet; the highest is 1"
    ]
