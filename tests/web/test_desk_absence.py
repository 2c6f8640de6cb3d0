"""An officer who is away: their cases go to the deputy or to the queue, new ones too, and come back."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from tests.shape.conftest import signed_in
from tests.small import AT, player, published
from tests.web.test_desk import hidden, words
from tests.web.test_desk_reviews import officer

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.journey import absences, batches, load
from praya.kernel import clock
from praya.kernel.crypto import vault
from praya.kernel.journal import api as journal

DAY = timedelta(days=1)


class Office:
    """Officers of a department with their browsers, and open cases that are given to them."""

    def __init__(self) -> None:
        self.now = AT
        self.service = published()
        self.made = 0
        self.refs: dict[str, str] = {}

    def add(self, name: str, *roles: tuple[str, str]) -> str:
        found = identity.add_officer(
            name=f"{name.title()} Sample", email=f"{name}@example.com", at=AT, by="system",
            roles=frozenset(identity.Role(*role) for role in roles or (("dh", "officer"),)),
        )  # fmt: skip
        self.refs[name] = found.ref
        return found.ref

    def case(self, to: str) -> str:
        self.made += 1
        answers = {"applicant_name": f"Chan {self.made}"}
        ref: str = player(self.service, answers=answers, starts=AT - timedelta(minutes=self.made))().case.ref
        cases.assign(ref=ref, officer_ref=self.refs[to], at=AT, by="system")
        return ref

    def away(
        self, name: str, deputy: str = "", *, start: int = 0, days: int = 7, departments: tuple[str, ...] = ("dh",)
    ) -> None:
        cases.set_absence(
            officer_ref=self.refs[name], deputy_ref=self.refs.get(deputy, ""), departments=departments,
            from_at=AT + start * DAY, until_at=AT + (start + days) * DAY, at=AT, by="system",
        )  # fmt: skip

    def holder(self, ref: str) -> str:
        found = cases.case(ref).assigned_to
        return next((name for name, one in self.refs.items() if one == found), "")


def everything(at: datetime) -> None:
    """Let the worker do all that absences ask for at a moment."""
    while absences.run(at=at):
        pass


@pytest.fixture
def office(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    found = Office()
    monkeypatch.setattr(clock, "now", lambda: found.now)
    for name in ("ann", "ben", "carl"):
        found.add(name)
    yield found
    load.forget()
    vault.reset_memory()


@pytest.mark.parametrize("deputy", ["ben", ""])
def test_cases_go_over_when_the_absence_begins_and_come_back_when_it_ends(
    office: Office, monkeypatch: pytest.MonkeyPatch, deputy: str
) -> None:
    refs = [office.case("ann") for _ in range(3)]
    office.away("ann", deputy, start=1)
    monkeypatch.setattr(absences, "SLICE", 2)
    assert absences.run(at=AT) == 0, "it has not begun"
    assert [absences.run(at=AT + DAY) for _ in range(3)] == [2, 1, 0]
    assert [office.holder(ref) for ref in refs] == [deputy] * 3
    assert cases.history(refs[0])[-1].kind == "handed_over"
    # One of them was given on meanwhile, and one has ended: these stay where they are.
    cases.assign(ref=refs[0], officer_ref=office.refs["carl"], at=AT, by="system")
    back = AT + 8 * DAY
    everything(back)
    assert [office.holder(ref) for ref in refs] == ["carl", "ann", "ann"]
    assert cases.absence(office.refs["ann"]) is None
    assert [fact.event for fact in journal.about(refs[1])][:2] == ["case_handed_back", "case_handed_over"]


def test_a_new_assignment_goes_to_whoever_acts_and_never_round_in_circles(office: Office) -> None:
    ref = office.case("carl")
    case = cases.case(ref)
    office.away("ann", "ben")
    assert absences.stand_in(case, office.refs["ann"], at=AT) == office.refs["ben"]
    office.away("ben", "carl")
    assert absences.stand_in(case, office.refs["ann"], at=AT) == office.refs["carl"]
    office.away("carl", "ann")
    assert absences.stand_in(case, office.refs["ann"], at=AT) == ""
    # After the absence, and in a department that it does not mean, nothing is redirected.
    assert absences.stand_in(case, office.refs["ann"], at=AT + 7 * DAY) == office.refs["ann"]


@pytest.mark.parametrize("back", [("ann", "ben", "carl"), ("ben", "ann", "carl"), ("carl", "ben", "ann"),
                                  ("ben", "carl", "ann"), ("carl", "ann", "ben"), ("ann", "carl", "ben")])  # fmt: skip
def test_a_case_comes_back_through_a_chain_of_deputies_in_any_order(office: Office, back: tuple[str, ...]) -> None:
    chain = ["ann", "ben", "carl", office.add("dan") and "dan"]
    first, second = office.case("ann"), office.case("ben")
    for place, name in enumerate(chain[:3]):
        office.away(name, chain[place + 1], start=place, days=30)
        everything(AT + place * DAY)
        assert office.holder(first) == chain[place + 1]
    at, still = AT + 3 * DAY, chain.copy()
    for name in back:
        cases.end_absence(office.refs[name], at=at, by="system")
        everything(at)
        # Each case is with the first of those who had it before, and are back.
        still.remove(name)
        returned = [one for one in chain if one not in still]
        assert office.holder(first) == _first_back(chain, returned, begins="ann")
        assert office.holder(second) == _first_back(chain, returned, begins="ben")
    assert (office.holder(first), office.holder(second)) == ("ann", "ben")


def _first_back(chain: list[str], returned: list[str], *, begins: str) -> str:
    return next(name for name in chain[chain.index(begins) :] if name in returned or name == chain[-1])


def test_a_case_comes_back_only_to_an_officer_of_its_department(office: Office) -> None:
    name, roles = "eve", (("dh", "officer"), ("fehd", "officer"))
    office.add(name, *roles)
    ref = office.case(name)
    office.away(name, "ben", departments=("dh", "fehd"))
    everything(AT)
    kept = frozenset({identity.Role("fehd", "officer")})
    identity.set_roles(officer_ref=office.refs[name], roles=kept, at=AT, by="system")
    cases.end_absence(office.refs[name], at=AT, by="system")
    everything(AT)
    assert office.holder(ref) == "ben"
    assert cases.absence(office.refs[name]) is None


def test_an_absence_that_has_not_begun_ends_without_a_trace(office: Office) -> None:
    ann = officer("ann")
    office.away("ann", "ben", start=3)
    assert ann.post("/en/desk/absence", {"do": "end"}).status_code == 302
    assert cases.absence(office.refs["ann"]) is None
    assert 'name="until"' in ann.get("/en/desk/absence").content.decode(), "another one can be set at once"
    assert next(fact.event for fact in journal.about(office.refs["ann"])) == "absence_ended"


def test_no_deputy_gets_a_case_of_their_own_or_of_another_department(office: Office) -> None:
    case = cases.case(office.case("ann"))
    office.add("player")  # the address with which the applicant signs in
    office.add("elsewhere", ("fehd", "officer"))
    for deputy in ("player", "elsewhere"):
        office.away("ann", deputy)
        assert absences.stand_in(case, office.refs["ann"], at=AT) == ""
        cases.end_absence(office.refs["ann"], at=AT, by="system")
        assert absences.run(at=AT) == 0


@pytest.mark.parametrize("lang", ["en", "zh-hant", "zh-hans"])
def test_an_officer_sets_an_absence_and_returns_early(office: Office, lang: str) -> None:
    ref, ann = office.case("ann"), officer("ann")
    office.add("bella")
    address = f"/{lang}/desk/absence"
    sent = {"do": "set", "from": "2026-01-05", "until": "2026-01-20", "deputy": "be"}
    page = ann.post(address, sent)
    assert page.status_code == 422
    assert "bella@example.com" in page.content.decode()
    for wrong in ({"until": "2026-01-05"}, {"from": "2026-01-04"}, {"until": "soon"}, {"deputy": "nobody"}):
        answer = ann.post(address, {**sent, **wrong})
        assert answer.status_code == 422
        assert f'value="{wrong.get("deputy", "be")}"' in answer.content.decode()
    assert cases.absence(office.refs["ann"]) is None
    assert ann.post(address, {**sent, "deputy-is": office.refs["bella"]})["Location"] == f"{address}?done=set"
    assert "Bella Sample" in ann.get(address).content.decode()
    assert absences.run(at=AT) == 1
    bella = officer("bella")
    assert "ann Sample" in bella.get(f"/{lang}/desk/").content.decode()
    assert ref in bella.get(f"/{lang}/desk/?tab=mine").content.decode()
    # What a colleague gives to the absent officer goes to the deputy, and the page says so.
    second, carl = office.case("carl"), officer("carl")
    given = carl.post(f"/{lang}/desk/cases/{second}/give", {"to": office.refs["ann"], "held_by": office.refs["carl"]})
    assert given["Location"].endswith("?done=_given-away")
    assert office.holder(second) == "bella"
    assert ann.post(address, {"do": "end"})["Location"] == f"{address}?done=ended"
    everything(AT)
    assert (office.holder(ref), office.holder(second)) == ("ann", "bella")


def test_a_supervisor_sets_it_for_somebody_who_is_ill_and_nobody_else_does(office: Office) -> None:
    office.add("chief", ("dh", "supervisor"))
    office.add("stranger", ("fehd", "supervisor"))
    address = f"/en/desk/absence?officer={office.refs['ann']}"
    sent = {"do": "set", "from": "2026-01-05", "until": "2026-01-20", "deputy": ""}
    clients = {name: signed_in(officer=identity.officer(office.refs[name])) for name in ("chief", "stranger")}
    for client in (officer("ben"), clients["stranger"]):
        assert client.get(address).status_code == 404
        assert client.post(address, sent).status_code == 404
    assert cases.absence(office.refs["ann"]) is None
    assert clients["chief"].post(address, sent).status_code == 302
    found = cases.absence(office.refs["ann"])
    assert found is not None
    assert (found.deputy_ref, found.departments) == ("", ("dh",))
    again = clients["chief"].post(address, {**sent, "deputy": "ben"})
    assert again.status_code == 422
    assert "An absence is set already" in words(again.content.decode())
    assert cases.absence(office.refs["ann"]) == found


def test_a_supervisor_ends_an_absence_only_for_departments_that_they_supervise(office: Office) -> None:
    office.add("eve", ("dh", "officer"), ("fehd", "officer"))
    for name, departments in {"chief": ("dh",), "stranger": ("fehd",), "both": ("dh", "fehd")}.items():
        office.add(name, *((department, "supervisor") for department in departments))
    address = f"/en/desk/absence?officer={office.refs['eve']}"
    office.away("eve", "ben", departments=("dh", "fehd"))
    for name, may in {"chief": False, "stranger": False, "both": True}.items():
        client = signed_in(officer=identity.officer(office.refs[name]))
        page = client.get(address)
        assert page.status_code == 200
        assert ('value="end"' in page.content.decode()) is may
        assert client.post(address, {"do": "end"}).status_code == (302 if may else 404)
        absence = cases.absence(office.refs["eve"])
        assert absence is not None
        assert absence.holds(AT) is not may


def test_cases_are_handed_over_with_a_note_that_tells_the_receiver(office: Office) -> None:
    refs, ann = [office.case("ann") for _ in range(2)], officer("ann")
    page = ann.post("/en/desk/batches", {"which": "selected", "case": refs, "batch-what": "assign"}).content.decode()
    source = hidden(page, "batch-source").replace("&#34;", '"').replace("&quot;", '"')
    sent = {"batch-source": source, "batch-what": "assign", "batch-go": "1", "batch-note": "Plans are in the annex."}
    page = ann.post("/en/desk/batches", {**sent, "batch-q": "ben"}).content.decode()
    assert "Plans are in the annex.</textarea>" in page
    batch = ann.post("/en/desk/batches", {**sent, "batch-to": office.refs["ben"]})["Location"]
    assert ann.post(batch, {"do": "begin"}).status_code == 302
    while batches.run(at=AT):
        pass
    assert [office.holder(ref) for ref in refs] == ["ben", "ben"]
    assert cases.history(refs[0])[-1].text == "Plans are in the annex."
    ben = officer("ben")
    assert "Cases in which a new note mentions you: 2" in words(ben.get("/en/desk/").content.decode())
    assert ann.post(batch, {"do": "undo"}).status_code == 302
    while batches.run(at=AT):
        pass
    assert [office.holder(ref) for ref in refs] == ["ann", "ann"]
