"""Nobody reaches a case that is not theirs by any route of the desk or of the machines' API.

The routes are those that the plugs declare, so that a new one is walked as soon as it is there; one whose address has a
part of a new name fails here until `Town.parts` knows a real one. Each is asked for with every real value, with what a
list may be narrowed by, and with everything that a form of the desk may post. Whatever comes back is looked through for
what only the case holds.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import product
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from tests.shape.conftest import signed_in
from tests.shape.test_routes import NAMED, _inner, own_routes
from tests.small import AT, GRANT, published

from praya.blocks.bookings import api as bookings
from praya.blocks.bookings import models as bookings_models
from praya.blocks.cases import api as cases
from praya.blocks.cases import models
from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.blocks.panels import api as panels
from praya.blocks.panels import models as panels_models
from praya.blocks.registers import api as registers
from praya.blocks.tokens import api as access
from praya.journey import acting, application_steps, batches, conflicts, jobs, load, samples
from praya.journey import panels as judging
from praya.kernel import clock
from praya.kernel.crypto import vault
from praya.kernel.journal import api as journal
from praya.web import rate_limits
from praya.web.api import operations
from praya.web.desk import exports, search

SERVICE = (
    GRANT.partition("form:\n")[0]
    + """\
form:
  - page: about-you
    questions:
      - applicant_name:
          type: text
          personal: true
          purpose: {en: For letters., zh-hant: 用於聯絡。}
          label: {en: Name, zh-hant: 姓名}
      - idea: {type: text, label: {en: Your idea, zh-hant: 構思}}
      - paper: {type: file, accept: [pdf], optional: true, label: {en: Paper, zh-hant: 文件}}
      - partner_email: {type: email, label: {en: Partner's e-mail, zh-hant: 伙伴電郵}}
parties:
  partner:
    label: {en: Partner, zh-hant: 伙伴}
    says: {en: Please say whether you take part., zh-hant: 請說明你是否參與。}
    email: answers.partner_email
    form:
      - page: agree
        questions:
          - agrees: {type: yes-no, label: {en: Do you agree?, zh-hant: 你是否同意？}}
panels:
  jury: {label: {en: Jury, zh-hant: 評審團}, sees: [idea, paper]}
booking:
  title: {en: Choose a day, zh-hant: 選擇日期}
  places_label: {en: Place, zh-hant: 地點}
  places: [{value: hall, label: {en: The hall, zh-hant: 禮堂}}]
  sessions: {capacity: 5}
  ahead: 20 days
flow:
  start: received
  states:
    received:
      label: {en: Received, zh-hant: 已收到}
      clock: 10 working days
      notify: [told]
      judging:
        panel: jury
        from: 2026-01-05
        until: 2026-01-16
        judges: 3
        criteria:
          worth: {label: {en: Worth, zh-hant: 價值}, comment: none}
      next:
        - {when: judged.received.score >= 50, to: granted}
        - {when: judged.received.score < 50, to: refused}
      actions:
        ask: {label: {en: Ask, zh-hant: 徵詢}, refer: [fsd, bd, epd]}
        enter:
          label: {en: Enter, zh-hant: 登記}
          register: kept
          ask:
            - remark: {type: text, label: {en: Remark, zh-hant: 備註}}
        close: {label: {en: Close, zh-hant: 結束}, to: refused, reason: required}
    granted: {label: {en: Granted, zh-hant: 已批准}, final: true, result: granted}
    refused: {label: {en: Refused, zh-hant: 已拒絕}, final: true, result: refused}
registers:
  kept:
    title: {en: Kept, zh-hant: 登記冊}
    public: false
    legal_basis: {en: A decision, zh-hant: 決定}
    facts: {what: {label: {en: What, zh-hant: 項目}, value: answers.idea}}
notices:
  told:
    subject: {en: "Secretletter", zh-hant: "Secretletter"}
    body: {en: "{answers.idea}", zh-hant: "{answers.idea}"}
retention: {granted: 7 years, refused: 3 years}
"""
)
COUNTER = (
    GRANT.replace("small-grant", "small-counter").replace("reference: SG", "reference: SC")
    .replace("form:\n", "opened_by: both\nform:\n", 1)
)  # fmt: skip
SECRETS = {
    "name": "Wanda Applicantova", "idea": "Secretidea", "remark": "Secretremark", "note": "Secretnote",
    "comment": "Secretcomment", "letter": "Secretletter", "file": "secretpaper.pdf",
}  # fmt: skip


TABS = ("todo", "closed", "mine")


@dataclass
class Town:
    """A case about which everything is known, and everything that others made of it."""

    case: cases.Case
    officers: dict[str, identity.Officer]
    secrets: dict[str, str]
    parts: dict[str, tuple[str, ...]]
    by_path: dict[str, tuple[str, ...]]
    machines: dict[str, str]
    day: str
    forms: list[dict[str, Any]] = field(default_factory=list)

    def addresses(self, path: str) -> Iterator[str]:
        """A route with all real values of its parts."""
        names = NAMED.findall(path)
        values = []
        for name in names:
            special = next((several for begins, several in self.by_path.items() if begins in path), None)
            values.append(special if name == "ref" and special is not None else self.parts[name])
        for chosen in product(*values):
            known = iter(chosen)
            yield "/" + NAMED.sub(lambda _, known=known: next(known), path)


def officer(name: str, *departments: str, email: str = "") -> identity.Officer:
    held = {identity.Role(one, role) for one in departments for role in ("officer", "supervisor", "exporter")}
    return identity.add_officer(
        name=f"{name} Sample", email=email or f"{name}@officers.example.com", roles=frozenset(held), at=AT, by="system"
    )


@pytest.fixture
def town(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    monkeypatch.setattr(clock, "now", lambda: AT)
    monkeypatch.setattr(rate_limits, "count", lambda *_: None)
    load.forget()
    access.forget_memory()
    yield _made()
    load.forget()
    vault.reset_memory()


def _made() -> Town:
    published(COUNTER)
    service = published(SERVICE)
    jobs.pools_ahead(at=AT)
    officers = {
        "owner": officer("owner", "dh"),
        "elsewhere": officer("elsewhere", "afcd"),
        "replied": officer("replied", "bd"),
        "asked applicant": officer("asked", "epd", email="wanda@example.com"),
        "conflicted": officer("conflicted", "dh", email="judge0@example.com"),
        "blind judge": officer("blind", "dh", email="judge1@example.com"),
        "party": officer("party", "dh", email="partner@example.com"),
    }
    people = []
    for number in range(3):
        judge = identity.enrol(email=f"judge{number}@example.com", name=None, language="en", at=AT)
        panels.add_member(
            panel_ref=judging.panel_ref(service.service, "jury"), person_ref=judge.ref, chair=number == 0,
            invited=True, service=service.service, at=AT, by="system",
        )  # fmt: skip
        people.append(judge.ref)
    person = identity.enrol(email="wanda@example.com", name=SECRETS["name"], language="en", at=AT)
    slot = bookings.slots(scheme=service.service, first=AT.date(), last=AT.date() + timedelta(days=5), place="hall")[-1]
    case = application_steps.apply_at_once(
        service, person=person, language="en", once_key="1", at=AT,
        seats=[(service.booking.all_visits[0].name, "hall", slot.day, slot.clock)],
        answers={"applicant_name": SECRETS["name"], "idea": SECRETS["idea"], "partner_email": "partner@example.com"},
        files={"paper": [(SECRETS["file"], samples.file("paper.pdf"))]},
    )  # fmt: skip
    forms.scan(at=AT)
    owner = officers["owner"]
    by = acting.officer(owner, "dh")

    def act(action: str, **answers: Any) -> None:
        acting.act(case=cases.case(case.ref), action=action, by=by, answers=answers, reason="", once_key=action, at=AT)

    act("enter", remark=SECRETS["remark"])
    act("ask")
    for department in ("fsd", "bd"):
        acting.reply(
            case=cases.case(case.ref), department=department, result="conditions", belongs_to="", at=AT, by="officer:x",
            comment=SECRETS["comment"] if department == "fsd" else "Our own words",
        )  # fmt: skip
    everybody = [one.ref for one in officers.values()]
    cases.note(ref=case.ref, text=SECRETS["note"], at=AT, by=f"officer:{owner.ref}", department="dh", names=everybody)
    cases.assign(ref=case.ref, officer_ref=owner.ref, at=AT, by="system")
    judging.judge_due(at=AT)
    (one,) = panels.rounds_of_service(service.service)
    seats = {seat.person_ref: seat.ref for seat in panels.seats_of(case.ref, one.ref)}
    judging.declare(judging.duty(seats[people[0]], person_ref=people[0]), conflict=True, reason="Kin", at=AT)
    (upload,) = forms.uploads_of_case(case.ref, with_parts=True)
    (entry,) = registers.of_case(case.ref)
    batch = batches.begin_act(
        owner, service=service.service, action="close", answers={}, reason="", source={"cases": [case.ref]}, at=AT
    )
    cases.add_items(batch, batches.looked_at(batch, [case.ref], owner, at=AT), complete=True)
    filters = {"tab": "todo"}
    view = cases.save_view(officer_ref=owner.ref, name="Secretview", filters=filters, at=AT, by="system")
    export = cases.ask_export(
        officer_ref=owner.ref, departments=["dh"], filters=filters, view_ref="", language="en", kind="csv", at=AT
    )
    exports.make(at=AT)
    begun = signed_in(officer=owner).post(
        "/en/desk/assist", {"service": "small-counter", "email": "walk.in@example.com", "reason": "Secretcounter"}
    )
    number = str(models.Referral.objects.get(case_id=case.ref, department="fsd").id)
    parts: dict[str, tuple[str, ...]] = {
        "lang": ("en",), "service": (service.service,), "register": ("kept",), "ref": (case.ref,),
        "action": ("enter", "ask", "close"), "upload": (upload.ref,), "entry": (entry.ref,), "batch": (batch.ref,),
        "view": (view.ref,), "export": (export.ref,), "token": (search._sealed(SECRETS["name"], owner),),
        "number": (number, "1"), "panel": ("jury",), "community": ("arts-jury",), "page": ("about-you",),
        "letter": (notices.of_case(case.ref)[0].ref,), "draft": (begun["Location"].split("/assist/")[1].split("/")[0],),
    }  # fmt: skip
    by_path = {
        "panels/entries": tuple(seats.values()),
        "panels/rounds": (one.ref,),
        "v1/bookings/<ref>": (case.booking_ref,),
    }
    machines = {
        department: access.issue(
            name=f"{department}-machine", department=department, scopes=access.known_scopes(), expires_at=None, at=AT,
            by="operator",
        ).secret
        for department in ("dh", "afcd", "bd")
    }  # fmt: skip
    found = Town(
        cases.case(case.ref),
        officers,
        {**SECRETS, "ref": case.ref, "upload": upload.ref},
        parts,
        by_path,
        machines,
        slot.day.isoformat(),
    )
    # Everything that some form of the desk posts, so that none needs to be known here.
    every = {
        "service": service.service, "department": "dh", "do": "delete", "kind": "csv", "booking": case.booking_ref,
        "visit": service.booking.all_visits[0].name, "place": "hall", "day": slot.day.isoformat(), "to": owner.ref,
        "held_by": owner.ref, "assigned": owner.ref, "view": view.ref, "result": "no-objection", "comment": "Posted",
        "note": "Posted", "reason": "Posted", "remark": "Posted", "remove": seats[people[2]],
        "worth": "5", "score": "5", "batch-chosen": "1", "batch-what": "act:close", "batch-go": "1",
        "bookings": service.service, "from": "", "state": f"{service.service}.received",
    }  # fmt: skip
    typed = (SECRETS["name"], "wanda@example.com", case.ref)
    found.forms = [
        *({**every, "q": text, "tab": tab, "which": "all"} for text, tab in zip(typed, TABS, strict=True)),
        {**every, "which": "selected", "case": [case.ref], "do": "begin"},
        {**every, "tab": "mine", "which": "all", "do": "close", "batch-what": "assign"},
    ]
    return found


def leaks(town: Town, answer: Any, *sent: Any, but: frozenset[str] = frozenset()) -> set[str]:
    """What a response holds of the case, besides what was sent to it."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    text = body.decode("utf-8", "replace") + answer.get("Location", "")
    known = " ".join(map(str, sent))
    return {name for name, secret in town.secrets.items() if secret in text and secret not in known} - but


def desk_paths() -> list[str]:
    return [path for path, view in own_routes() if _inner(view).open_to == "officer"]


def walked(town: Town, client: Client) -> Iterator[tuple[str, str, Any, tuple[Any, ...]]]:
    """Every response to an officer: the method, the address, the response, and what was sent."""
    service = town.case.service
    of_all = {"service": service, "state": f"{service}.received", "department": "dh"}
    more = {"assigned": town.officers["owner"].ref, "place": "hall", "day": town.day, "find": "small grant"}
    queries = ["", *(urlencode({"tab": tab, **of_all}) for tab in ("todo", "asked", "mine", "closed")), urlencode(more)]
    queries.append(f"view={town.parts['view'][0]}")
    for path in desk_paths():
        is_list = len(NAMED.findall(path)) == 1
        for url in town.addresses(path):
            for query in queries if is_list else queries[:1]:
                yield "get", url, client.get(f"{url}?{query}"), (url, query)
            for posted in town.forms if is_list else town.forms[-2:]:
                answer = client.post(url, posted)
                yield "post", url, answer, (url, posted)
                if answer.status_code == 405:
                    break


def standing(town: Town) -> dict[str, Any]:
    """Everything that the walk may not change: the case with all that belongs to it, and what its officer made."""
    ref = town.case.ref
    tables = {
        "case": models.Case.objects.filter(ref=ref), "steps": models.Step.objects.filter(case_id=ref),
        "referrals": models.Referral.objects.filter(case_id=ref), "views": models.View.objects.all(),
        "items": models.BatchItem.objects.all(), "exports": models.Export.objects.filter(rows__gt=0),
        "members": panels_models.MemberRow.objects.all(), "seats": panels_models.SeatRow.objects.all(),
        "bookings": bookings_models.Booking.objects.all(), "attended": bookings_models.Seat.objects.all(),
    }  # fmt: skip
    found: dict[str, Any] = {name: list(rows.order_by("pk").values()) for name, rows in tables.items()}
    found["read"] = [fact.actor for fact in journal.about(ref, events=["case_read"])]
    return found


def test_whoever_owns_the_case_reaches_all_that_is_looked_for(town: Town) -> None:
    """Else the others would find nothing because there is nothing to find."""
    seen: set[str] = set()
    client, reached = signed_in(officer=town.officers["owner"]), set[str]()
    for path in desk_paths():
        for url in town.addresses(path):
            answer = client.get(url)
            if answer.status_code == 200:
                reached.add(path)
            seen |= leaks(town, answer, url)
    assert seen == set(town.secrets)
    assert len(reached) >= 25, sorted(reached)
    headers = {"Authorization": f"Bearer {town.machines['dh']}"}
    assert SECRETS["idea"] in Client().get(f"/api/v1/applications/{town.case.ref}", headers=headers).content.decode()


@pytest.mark.size
def test_no_other_officer_reaches_anything_by_any_route(town: Town) -> None:
    before, wrong = standing(town), []
    for name, one in town.officers.items():
        if name == "owner":
            continue
        for method, url, answer, sent in walked(town, signed_in(officer=one)):
            # The reply of their department stays theirs, with the reference of the case.
            own = frozenset({"ref"} if name == "replied" and "/desk/replies" in url else ())
            if found := leaks(town, answer, *sent, but=own):
                wrong.append((name, method, url, sent[1], answer.status_code, found))
    assert not wrong, "\n".join(map(str, wrong))
    assert standing(town) == before


def test_a_machine_of_another_department_reaches_nothing_by_any_operation(town: Town) -> None:
    before, wrong, walks = standing(town), [], 0
    slot = {"place": "hall", "day": "2026-01-06", "time": ""}
    body = {
        "answers": {"applicant_name": "X", "idea": "Y", "partner_email": "x@example.com"}, "seats": [],
        "time": {"action": "ask", "seat": slot}, "action": "ask", "seat": slot, "language": "en",
    }  # fmt: skip
    asked = [
        (method, path) for path, methods in operations.declared().items() for method, operation in methods.items()
        if operations.AUDIENCES[operation] != "anyone"
    ]  # fmt: skip
    for department, (method, path) in product(("afcd", "bd"), asked):
        for url in town.addresses("api/v1/" + re.sub(r"\{(\w+)\}", r"<\1>", path).lstrip("/")):
            for query in ("", f"service={town.case.service}", "closed=true"):
                walks += 1
                headers = {"Authorization": f"Bearer {town.machines[department]}", "Idempotency-Key": f"k{walks}"}
                answer = Client().generic(
                    method, f"{url}?{query}", data=json.dumps(body), content_type="application/json", headers=headers
                )
                found = leaks(town, answer, url, query, body)
                if found or ("{ref}" in path and answer.status_code not in {404, 422}):
                    wrong.append((department, method, url, answer.status_code, found))
    assert wrong == []
    assert walks >= 12
    assert standing(town) == before


def test_what_is_shut_to_an_officer_is_what_concerns_them_and_is_counted_nowhere(town: Town) -> None:
    for name, one in town.officers.items():
        shut = conflicts.shut_to(one.ref)
        assert (town.case.ref in shut) == conflicts.concerns(town.case, one.ref), name
        assert (town.case.ref in shut) == (name not in {"owner", "elsewhere", "replied"}), name
        reached = cases.visible_refs([town.case.ref], within=conflicts.access(one))
        assert bool(reached) == (name == "owner"), name
    for name, count in (("owner", 1), ("conflicted", 0), ("blind judge", 0), ("party", 0)):
        within = conflicts.access(town.officers[name])
        assert cases.totals(within=within, at=AT).open == count
        assert sum(one.open for one in cases.tally(within=within, services=["small-grant"], at=AT)) == count
        for by in ("assigned_to", "service", "state"):
            loads = cases.loads(within=within, by=by, at=AT, soon=AT + timedelta(days=7))
            assert sum(one.open for one in loads) == count, (name, by)
    acting.act(
        case=cases.case(town.case.ref), action="close", by=acting.officer(town.officers["owner"], "dh"), answers={},
        reason="Done", once_key="closed", at=AT,
    )  # fmt: skip
    for name, count in (("owner", 1), ("conflicted", 0)):
        within = conflicts.access(town.officers[name])
        assert sum(one.count for one in cases.ended(within=within, since=AT - timedelta(days=1))) == count
        assert len(cases.queue(within=within, which="closed").rows) == count
