"""Those who take part: invited by the flow, giving their section or declining it, and the case going on."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.small import AT, CHILD, SCHOOL, player, problems, published, service

from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.blocks.parties import api as invitations
from praya.definition.source import Broken
from praya.journey import application_steps, case_context, jobs, load, parties, party_invitations
from praya.journey.chapter import Picture
from praya.kernel.crypto import vault
from praya.kernel.journal import api as journal
from praya.project.designing import stories

pytestmark = pytest.mark.django_db
GIVES = {"party": "doctor", "answers": {"fit": True, "fit_from": "2026-01-12", "report": ["report.pdf"]}}
GUARDIANS = [{"guardian_name": n, "guardian_email": f"{n.lower()}@example.com"} for n in ("Ann", "Bob")]


def school(**answers: Any) -> Any:
    return player(published(SCHOOL), answers={**CHILD, **answers})


def doctor_of(ref: str) -> invitations.Invitation:
    return next(one for one in invitations.newest(invitations.of_case(ref)) if one.party == "doctor")


def test_the_case_goes_on_when_the_party_has_given() -> None:
    played = school()(
        {**GIVES, "expect": {"state": "granted", "parties": {"doctor": "given", "guardian": "none"}}},
        expect={"state": "waiting", "notices": ["invitation"], "parties": {"doctor": "waiting"}},
    )
    assert [s.kind for s in cases.history(played.case.ref)] == ["opened", "invited", "given", "moved", "moved"]
    events = [fact.event for fact in journal.about(played.case.ref) if fact.event.startswith("party_")]
    assert events == ["party_given", "party_invited"]


def test_the_letter_says_nothing_of_the_applicant_and_greets_by_name() -> None:
    played = school()()
    person = identity.find(email="doctor@example.com")
    assert person is not None
    (letter,) = notices.inbox(person.ref)
    assert "Dear Dr. Wong," in letter.body
    assert "Please say whether the child is fit." in letter.body
    assert f"/en/parts/{doctor_of(played.case.ref).ref}" in letter.body
    assert "19 January 2026" in letter.body
    assert all(word not in letter.body + letter.subject for word in ("Siu Ming", "Measles", "player@example.com"))


@pytest.mark.parametrize("name", ["http://evil.example", "Win! www.evil.example", "a@b.c", "x" * 81, "Dr.Evil"])
def test_a_name_that_is_none_does_not_go_out_in_the_government_s_name(name: str) -> None:
    school(doctor_name=name)()
    person = identity.find(email="doctor@example.com")
    assert person is not None
    assert name not in notices.inbox(person.ref)[0].body


def test_declining_lapsing_and_asking_again() -> None:
    school()(
        {"party": "doctor", "declines": "Not my patient", "expect": {"state": "no-doctor"}},
        {"by": "officer", "do": "ask-again", "expect": {"state": "waiting", "parties": {"doctor": "waiting"}}},
        {"after": "13 days", "expect": {"state": "waiting"}},
        {"after": "2 days", "expect": {"state": "no-doctor", "parties": {"doctor": "lapsed"}}},
        {**GIVES, "expect": {"state": "no-doctor", "errors": {"party": "not_waiting"}}},
        {"by": "officer", "do": "ask-again"},
        {**GIVES, "expect": {"state": "granted"}},
    )


def test_who_is_waited_for_gets_the_letter_again_and_nobody_is_asked_twice() -> None:
    played = school()({"by": "officer", "do": "remind", "after": "2 days", "expect": {"notices": ["invitation"]}})
    assert doctor_of(played.case.ref).letters == 2
    assert len(invitations.of_case(played.case.ref)) == 1


def test_an_action_asks_again_who_has_given() -> None:
    not_fit = {"party": "doctor", "answers": {"fit": False}}
    played = school()(
        {**not_fit, "expect": {"state": "deciding"}},
        {"by": "officer", "do": "ask-again", "expect": {"parties": {"doctor": "waiting"}}},
        {**GIVES, "expect": {"state": "granted"}},
    )
    assert [one.state for one in invitations.of_case(played.case.ref)] == ["given", "given"]


def test_coming_back_to_the_state_asks_nobody_who_has_given() -> None:
    back = SCHOOL.replace("to: waiting, invite: [doctor]}", "to: waiting}").replace(
        "      clock: 20 working days\n", "      clock: 20 working days\n      invite: [doctor]\n"
    )
    played = player(published(back), answers=CHILD)(
        {"party": "doctor", "answers": {"fit": False}},
        {
            "by": "officer",
            "do": "ask-again",
            "expect": {"parties": {"doctor": "given"}, "notices": []},
            "after": "1 day",
        },
    )
    assert doctor_of(played.case.ref).letters == 1


def test_a_party_may_be_invited_only_by_the_flow() -> None:
    later = SCHOOL.replace("    within: 14 days\n", "    within: 14 days\n    on_opening: false\n")
    player(published(later), answers=CHILD)(
        {**GIVES, "expect": {"errors": {"party": "not_invited"}}},
        {"by": "officer", "do": "remind", "after": "1 day", "expect": {"notices": ["invitation"]}},
        {**GIVES, "expect": {"state": "granted"}},
        expect={"notices": [], "parties": {"doctor": "none"}},
    )
    never = later.replace("invite: [doctor]", "notify: []")
    assert any("'doctor' is never invited" in said for said in problems(load.pack(), never))


def test_a_timer_reminds_whoever_is_waited_for_and_nobody_else() -> None:
    reminding = SCHOOL.replace(
        "      clock: 20 working days\n",
        "      clock: 20 working days\n"
        "      timers: [{after: 7 days, invite: [doctor]}, {after: 9 days, invite: [guardian]}]\n",
    )
    played = player(published(reminding), answers={**CHILD, "guardians": GUARDIANS[:1]})(
        {**GIVES, "expect": {"state": "waiting"}},
        {"after": "10 days", "expect": {"state": "waiting", "parties": {"doctor": "given", "guardian": "waiting"}}},
        {"party": "guardian", "answers": {"agrees": True}, "expect": {"state": "granted"}},
    )
    assert [(one.party, one.letters) for one in invitations.of_case(played.case.ref)] == [
        ("doctor", 1),
        ("guardian", 2),
    ]


def test_each_item_of_a_repeat_is_invited_and_waited_for() -> None:
    played = school(guardians=GUARDIANS)(
        {**GIVES, "expect": {"state": "waiting"}},
        {"party": "guardian", "answers": {"agrees": True}, "expect": {"state": "waiting"}},
        {"party": "guardian", "answers": {"agrees": True}, "expect": {"errors": {"party": "not_waiting"}}},
        {"party": "guardian", "number": 2, "answers": {"agrees": False}, "expect": {"state": "deciding"}},
        expect={"notices": ["invitation", "invitation", "invitation"], "parties": {"guardian": "waiting"}},
    )
    seen = case_context.of_case(played.case, played.service, played.pack, today=AT.date()).context["parties"][
        "guardian"
    ]
    assert (seen["all"], seen["given"], seen["state"]) == (2, 2, "given")
    assert [one["answers"]["agrees"] for one in seen["each"]] == [True, False]


def test_a_section_that_is_not_complete_is_not_given() -> None:
    school()(
        {"party": "doctor", "answers": {"fit": True}, "expect": {"state": "waiting", "errors": {"fit_from": "missing"}}}
    )


def test_a_party_knows_what_it_may_see_and_nothing_else() -> None:
    played = school(guardians=GUARDIANS)()
    doctor = doctor_of(played.case.ref)
    found = parties.asked_section(doctor.ref, person_ref=doctor.person_ref, at=AT)
    assert (found.sees, found.item) == ({"child_name": "Siu Ming"}, {})
    assert set(found.known({})) == {"answers", "parameters", "today", "item"}
    assert set(found.known({})["answers"]) == {"child_name", "fit", "fit_from", "report", "remarks"}
    second = next(o for o in invitations.of_case(played.case.ref) if (o.party, o.number) == ("guardian", 2))
    found = parties.asked_section(second.ref, person_ref=second.person_ref, at=AT)
    assert (found.sees, found.item) == ({"child_name": "Siu Ming"}, {"guardian_name": "Bob"})
    assert [(q.name, value) for _, q, value in found.shown()] == [("child_name", "Siu Ming"), ("guardian_name", "Bob")]


def test_an_invitation_is_its_person_s_alone() -> None:
    played = school(guardians=GUARDIANS)()
    doctor = doctor_of(played.case.ref)
    others = [one.person_ref for one in invitations.of_case(played.case.ref) if one.ref != doctor.ref]
    stranger = identity.enrol(email="stranger@example.com", name=None, language="en", at=AT)
    for person_ref in [*others, stranger.ref, played.person.ref, ""]:
        with pytest.raises(invitations.NoInvitation):
            parties.asked_section(doctor.ref, person_ref=person_ref, at=AT)
        with pytest.raises(invitations.NoInvitation):
            invitations.give(ref=doctor.ref, person_ref=person_ref, answers={}, at=AT)
        with pytest.raises(invitations.NoInvitation):
            invitations.decline(ref=doctor.ref, person_ref=person_ref, reason="", at=AT)
    assert doctor_of(played.case.ref).state == "waiting"


def look(case: cases.Case) -> Picture:
    service, pack = load.compiled(case.service, case.version), load.pack()
    return case_context.of_case(case, service, pack, today=pack.calendar.day_of(AT))


def test_nobody_is_their_own_party() -> None:
    played = school()()
    with pytest.raises(party_invitations.OwnAddress):
        party_invitations.readdress(
            played.case, doctor_of(played.case.ref).ref, look=look, email="player@example.com", at=AT
        )


@pytest.mark.parametrize(
    ("answers", "path"),
    [
        ({"doctor_email": "Player@example.com"}, "doctor_email"),
        (
            {"guardians": [*GUARDIANS, {"guardian_name": "Me", "guardian_email": "player@EXAMPLE.com"}]},
            "guardians.2.guardian_email",
        ),
    ],
)
@pytest.mark.parametrize("on_opening", ["", "\n    on_opening: false"])
def test_the_applicant_s_own_address_is_refused_where_it_is_answered(answers: Any, path: str, on_opening: str) -> None:
    text = SCHOOL.replace("    email: answers.doctor_email", f"    email: answers.doctor_email{on_opening}")
    play = player(published(text), answers={**CHILD, **answers})
    assert play(expect={"errors": {path: "own_address"}}).case is None


def test_who_is_not_invited_may_have_any_address() -> None:
    text = SCHOOL.replace(
        "    email: answers.doctor_email", "    email: answers.doctor_email\n    when: answers.illness == 'Flu'"
    )
    play = player(published(text), answers={**CHILD, "doctor_email": "player@example.com"})
    assert play(expect={"parties": {"doctor": "none"}}).case


def test_a_corrected_address_takes_the_invitation_and_what_was_begun_away() -> None:
    played = school()()
    doctor = doctor_of(played.case.ref)
    found = parties.asked_section(doctor.ref, person_ref=doctor.person_ref, at=AT)
    part = parties.begin(found, language="en", at=AT)
    saved = forms.save(
        ref=part.draft.ref, person_ref=part.draft.person_ref, answers={"fit": False}, page="fit", typed=None, at=AT
    )
    part = part.again(saved, at=AT)
    other = party_invitations.readdress(played.case, doctor.ref, look=look, email="right@example.com", at=AT)
    assert other.person_ref != doctor.person_ref
    with pytest.raises(invitations.NoInvitation):
        parties.asked_section(doctor.ref, person_ref=doctor.person_ref, at=AT)
    with pytest.raises(invitations.NoInvitation):
        parties.give(part, at=AT)
    found = parties.asked_section(doctor.ref, person_ref=other.person_ref, at=AT)
    assert parties.begin(found, language="en", at=AT).draft.answers == {}
    assert len(notices.inbox(other.person_ref)) == 1
    # The invitation of another case is not the applicant's to send.
    stranger = identity.enrol(email="stranger@example.com", name=None, language="en", at=AT)
    case = application_steps.apply_at_once(
        played.service, person=stranger, language="en", answers=CHILD, files={}, seats=[], once_key="k", at=AT
    )
    with pytest.raises(invitations.NoInvitation):
        party_invitations.readdress(case, doctor.ref, look=look, email="x@example.com", at=AT)


def test_a_section_is_nowhere_among_its_person_s_own_applications() -> None:
    played = school()()
    doctor = doctor_of(played.case.ref)
    part = parties.begin(parties.asked_section(doctor.ref, person_ref=doctor.person_ref, at=AT), language="en", at=AT)
    assert forms.drafts(doctor.person_ref) == []
    with pytest.raises(forms.NoDraft):
        forms.draft(part.draft.ref, person_ref=doctor.person_ref)
    assert cases.of_person(doctor.person_ref) == []


def test_files_of_a_party_are_for_officers_only() -> None:
    played = school()(GIVES)
    assert forms.uploads_of_case(played.case.ref) == []
    (report,) = forms.uploads_of_case(played.case.ref, with_parts=True)
    assert report.name == "report.pdf"


def test_when_the_case_ends_nobody_is_waited_for() -> None:
    played = school()({"by": "applicant", "do": "withdraw", "expect": {"parties": {"doctor": "lapsed"}}})
    doctor = doctor_of(played.case.ref)
    found = parties.asked_section(doctor.ref, person_ref=doctor.person_ref, at=AT)
    with pytest.raises(invitations.NotWaiting):
        parties.begin(found, language="en", at=AT)


def test_the_worker_lets_invitations_lapse() -> None:
    played = school()()
    assert jobs.end_invitations(at=AT + timedelta(days=13)) == 0
    assert jobs.end_invitations(at=AT + timedelta(days=15)) == 1
    assert cases.case(played.case.ref).state == "no-doctor"


@pytest.mark.parametrize("who", ["applicant", "doctor"])
def test_what_was_given_goes_with_either_person(who: str) -> None:
    played = school()(GIVES)
    doctor = doctor_of(played.case.ref)
    forms.scan(at=AT)
    (report,) = forms.uploads_of_case(played.case.ref, with_parts=True)
    assert forms.open_upload(report.ref, case_ref=played.case.ref)[1]
    assert invitations.answers_of_case(played.case.ref)[doctor.ref]["fit"] is True
    vault.forget(played.person.ref if who == "applicant" else doctor.person_ref)
    vault.reset_memory()
    assert invitations.answers_of_case(played.case.ref) == {}
    assert [u.name for u in forms.uploads_of_case(played.case.ref, with_parts=True)] == [""]
    with pytest.raises(forms.NoUpload):
        forms.open_upload(report.ref, case_ref=played.case.ref)
    seen = case_context.of_case(played.case, played.service, played.pack, today=AT.date())
    assert seen.context["parties"]["doctor"]["state"] == "given"
    assert seen.context["parties"]["doctor"]["answers"]["fit"] is None
    if who == "applicant":
        with pytest.raises(invitations.NoInvitation):
            parties.asked_section(doctor.ref, person_ref=doctor.person_ref, at=AT)


def test_what_was_given_goes_when_retention_is_over() -> None:
    played = school()(GIVES)
    jobs.end_retention(at=AT + timedelta(days=8 * 366))
    assert invitations.of_case(played.case.ref) == []
    assert forms.uploads_of_case(played.case.ref, with_parts=True) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "sees: [child_name]",
            "sees: [child_nme]",
            "there is no question or page 'child_nme'; did you mean 'child_name'?",
        ),
        ("sees: [child_name]", "sees: [item.guardian_name]", "there is no item: 'doctor' has no 'several'"),
        ("sees: [child_name]", "sees: [docter.report]", "there is no other party 'docter'"),
        ("sees: [child_name]", "sees: [doctor.report]", "there is no other party 'doctor'"),
        ("sees: [child_name]", "sees: [guardian.agrees]", "'guardian' is several"),
        ("item.guardian_name]", "doctor.reprt]", "there is no question of 'doctor' 'reprt'; did you mean 'report'?"),
        (
            "- fit: {",
            "- days: {type: derived, value: answers.days + 1, label: {en: D, zh-hant: 日}}\n          - fit: {",
            "'answers.days' is worked out from itself",
        ),
        (
            "- fit: {",
            "- days: {type: derived, value: size(answers.illness), label: {en: D, zh-hant: 日}}\n          - fit: {",
            "'answers.illness' does not exist",
        ),
        ("several: answers.guardians", "several: answers.guardian", "there is no repeat 'answers.guardian'"),
        ("when: answers.fit == true", "when: answers.illness == 'x'", "'answers.illness' does not exist"),
        ("when: answers.fit == true", "when: conditions.x", "there is no name 'conditions'"),
        ("when: answers.fit == true", "when: applicant.email == 'x'", "there is no name 'applicant'"),
        ("- fit: {", "- illness: {", "the applicant is asked a question called 'illness' too"),
        ("- page: more", "- page: check", "a page cannot be called 'check'"),
        ("invite: [doctor]", "invite: [docter]", "there is no party 'docter'; did you mean 'doctor'?"),
        ("parties.doctor.answers.fit ", "parties.doctor.answers.fitt ", "there is no question of 'doctor' 'fitt'"),
        ("parties.guardian.waiting", "parties.guardian.waitin", "there is no word after 'parties.guardian.' 'waitin'"),
        ("parties.doctor.state ==", "parties.docter.state ==", "'parties.docter' does not exist"),
        ("email: answers.doctor_email", "email: answers.doctor_mail", "'answers.doctor_mail' does not exist"),
        ("- illness: {", "- illness: {shown_to_applicant: true, ", "needs no 'shown_to_applicant'"),
    ],
)
def test_what_is_wrong_with_parties_is_said(old: str, new: str, said: str) -> None:
    assert old in SCHOOL
    assert any(said in problem for problem in problems(load.pack(), SCHOOL.replace(old, new)))


def test_a_party_sees_a_page_as_all_of_its_questions() -> None:
    """As a department that is asked does: a question goes before a page of the same name."""
    note = "      - note: {type: guidance, text: {en: Read this., zh-hant: 請細閱。}}\n      - child_name: {"
    pages = SCHOOL.replace("      - child_name: {", note, 1).replace("sees: [child_name]", "sees: [child]")
    service = published(pages)
    assert service.parties["doctor"].sees == tuple(question.name for question in service.pages["child"].questions)
    assert "note" not in service.parties["doctor"].sees
    named_alike = (
        pages.replace("version: 1", "version: 2")
        .replace("page: child\n", "page: illness\n")
        .replace("sees: [child]", "sees: [illness]")
    )
    assert published(named_alike).parties["doctor"].sees == ("illness",)


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"party": "docter"}, "there is no party 'docter'; did you mean 'doctor'?"),
        (
            {"party": "doctor", "answers": {"fitt": True}},
            "'doctor' does not ask 'fitt'; did you mean 'fit'?",
        ),
        ({"party": "doctor", "do": "remind"}, "a step has one of 'do' (an action), 'reply' (a department) and 'party'"),
        ({"expect": {"parties": {"docter": "given"}}}, "there is no party 'docter'"),
        ({"expect": {"notices": ["invitaton"]}}, "there is no notice 'invitaton'; did you mean 'invitation'?"),
    ],
)
def test_what_is_wrong_with_a_story_of_parties_is_said(step: dict[str, Any], said: str, tmp_path: Path) -> None:
    path = tmp_path / "story.yaml"
    story = {"example": "Test", "starts": AT.isoformat(), "answers": CHILD, "steps": [step]}
    path.write_text(json.dumps(story), "utf-8")
    with pytest.raises(Broken) as broken:
        stories.read_story(path, service(load.pack(), SCHOOL), load.pack())
    assert any(said in str(problem) for problem in broken.value.problems)
