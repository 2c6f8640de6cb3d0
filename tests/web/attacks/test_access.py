"""Attacks on sessions, on what belongs to others, and on the keys of forms."""

import re
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.test import Client
from tests.web.attacks.world import LATER, RESTAURANT, SEATS, World, chosen

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.journey import draft_booking
from praya.web import case_actions


def test_a_key_says_nothing_about_anybody_elses_form(world: World) -> None:
    """The same key on another case, by another person, for another action, or no key at all, does what it says."""
    mine, others = world.restaurant(0), world.restaurant(1)
    for number, ref in ((0, mine), (1, others)):
        sent = {"reason": "Not any more.", "once": "", "revision": str(cases.case(ref).revision)}
        world.resident(number).post(f"/en/cases/{ref}/do/withdraw", sent)
        assert cases.case(ref).result == "withdrawn", number
    again, third = world.restaurant(2), world.restaurant(3)
    officer = world.officer("fehd")
    for ref in (again, third):
        assert officer.post(f"/en/desk/cases/{ref}/notes", {"note": f"About {ref}", "once": "same"}).status_code == 302
        assert cases.history(ref)[-1].text == f"About {ref}"
    for text in ("one", "two"):
        officer.post(f"/en/desk/cases/{again}/notes", {"note": text})
    assert [step.text for step in cases.history(again)[-2:]] == ["one", "two"]
    for _ in range(2):
        officer.post(f"/en/desk/cases/{third}/notes", {"note": "twice", "once": "b" * 32})
    assert sum(step.text == "twice" for step in cases.history(third)) == 1


def test_the_key_of_a_form_is_bound_to_who_sends_it(rf: Any) -> None:
    def key(once: str, **who_asks: str) -> str:
        request = rf.post("/", {"once": once})
        from praya.web.who import SESSION, Session

        request.META[SESSION] = Session(**who_asks)
        return case_actions.once_key(request, "RL-1", "withdraw")

    assert key("k", person_ref="a") == key("k", person_ref="a")
    distinct = {
        key("k", person_ref="a"),
        key("k", person_ref="b"),
        key("k", officer_ref="a"),
        key("k\na", person_ref=""),
    }
    assert len(distinct) == 4
    assert key("", person_ref="a") != key("", person_ref="a")


def test_a_resident_reaches_nothing_of_another(world: World) -> None:
    draft = world.filled(0)
    draft_booking.hold(world.walk(draft), SEATS, once_key="a", at=world.now)
    ref = world.restaurant(0)
    other = world.resident(1)
    upload = forms.uploads_of_case(ref)[0]
    page = world.service.form[0].page
    for path in (f"cases/{ref}", f"cases/{ref}/submitted", f"cases/{ref}/do/withdraw", f"apply/{draft}/check",
                 f"apply/{draft}/stop", f"apply/{draft}/book", f"apply/{draft}/{page}"):  # fmt: skip
        assert other.get(f"/en/{path}").status_code == 404, path
        sent = {"remove": upload.ref, "reason": "x", **chosen(LATER, once="")}
        assert other.post(f"/en/{path}", sent).status_code == 404, path
    other.post(f"/en/apply/{draft}/discard")
    assert bookings.booking(forms.draft(draft, person_ref=world.people[0].ref).booking_ref).status == "held"
    assert cases.case(ref).result == ""
    assert ref not in other.get("/en/me").content.decode()
    notice = re.search(r"/en/notices/(\w+)", world.resident(0).get("/en/me").content.decode())
    if notice:
        assert other.get(f"/en/notices/{notice[1]}").status_code == 404
    # A file of another's, named in one's own form, does not move.
    own = other.get(f"/en/services/{RESTAURANT}/apply")["Location"]
    other.post(own, {"remove": upload.ref})
    assert upload in forms.uploads_of_case(ref)


def test_sessions_of_one_kind_open_nothing_of_the_other(world: World) -> None:
    ref = world.restaurant(0)
    resident, officer = world.resident(0), world.officer("fehd")
    for path in ("", "search", "bookings", f"cases/{ref}", f"cases/{ref}/reply"):
        assert resident.get(f"/en/desk/{path}")["Location"].startswith("/en/desk/sign-in"), path
    for path in ("me", f"cases/{ref}", f"services/{RESTAURANT}/apply"):
        assert officer.get(f"/en/{path}")["Location"].startswith("/en/sign-in"), path
    # One reference put into the place of the other is nobody.
    assert world.browser(officer=world.people[0].ref, epoch=1).get("/en/desk/").status_code == 302
    mixed = world.browser(person=world.officers["fehd"].ref)
    assert mixed.get("/en/me")["Location"].startswith("/en/sign-in")


def test_a_forged_old_or_foreign_session_is_none(world: World) -> None:
    good = world.resident(0)
    value = good.cookies[settings.SESSION_COOKIE_NAME].value
    for forged in (value[:-2] + ("AA" if value[-2:] != "AA" else "BB"), value[1:], "x", value.replace(":", ".")):
        client = Client()
        client.cookies[settings.SESSION_COOKIE_NAME] = forged
        assert client.get("/en/me").status_code == 302
    world.now += timedelta(minutes=settings.PRAYA.session_minutes, seconds=1)
    assert good.get("/en/me").status_code == 302


def test_a_copied_cookie_ends_with_every_other_session(world: World) -> None:
    mine, other = world.resident(0), world.resident(1)
    copy = Client()
    copy.cookies[settings.SESSION_COOKIE_NAME] = mine.cookies[settings.SESSION_COOKIE_NAME].value
    assert copy.get("/en/me").status_code == 200
    assert b'name="everywhere"' in mine.get("/en/me").content
    assert mine.post("/en/sign-out", {"everywhere": "1"}).status_code == 302
    for client in (mine, copy):
        assert client.get("/en/me").status_code == 302
    assert other.get("/en/me").status_code == 200
    again = world.browser(person=world.people[0].ref, person_epoch=1)
    assert again.get("/en/me").status_code == 200
    identity.erase(person_ref=world.people[0].ref, at=world.now, by="system")
    assert again.get("/en/me").status_code == 302
