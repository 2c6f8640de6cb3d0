from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from praya.blocks.identity import api as identity
from praya.blocks.identity import store
from praya.blocks.identity.models import Challenge, OfficerRow, PersonRow
from praya.kernel.crypto import vault
from praya.kernel.journal import api as journal
from praya.kernel.journal.models import JournalEntry

AT = datetime(2023, 1, 5, 10, tzinfo=UTC)
EMAIL = "tai.man@example.hk"


@pytest.fixture(autouse=True)
def _no_key_of_another_test() -> Iterator[None]:
    vault.reset_memory()
    yield
    vault.reset_memory()


def another(code: str, by: int = 1) -> str:
    return f"{(int(code) + by) % 1_000_000:06}"


def ask(email: str = EMAIL, at: datetime = AT, for_officer: bool = False) -> identity.NewChallenge:
    return identity.ask_code(email=email, language="zh-hant", at=at, for_officer=for_officer)


def test_the_first_sign_in_makes_the_person_and_the_second_finds_them(db: None) -> None:
    asked = ask("Tai.Man@Example.hk")
    person = identity.sign_in(challenge=asked.challenge, code=asked.code, at=AT)
    assert (person.email, person.name, person.language) == (EMAIL, None, "zh-hant")
    later = ask(at=AT + timedelta(hours=2))
    assert identity.sign_in(challenge=later.challenge, code=later.code, at=AT + timedelta(hours=2)) == person
    events = [f.event for f in journal.about(person.ref)]
    assert events == ["person_signed_in", "person_signed_in", "person_enrolled"]


def test_a_code_is_good_once(db: None) -> None:
    asked = ask()
    identity.sign_in(challenge=asked.challenge, code=asked.code, at=AT)
    with pytest.raises(identity.CodeExpired):
        identity.sign_in(challenge=asked.challenge, code=asked.code, at=AT)


def test_a_code_lives_ten_minutes(db: None) -> None:
    asked = ask()
    with pytest.raises(identity.CodeExpired):
        identity.sign_in(challenge=asked.challenge, code=asked.code, at=AT + timedelta(minutes=10))
    identity.sign_in(challenge=asked.challenge, code=asked.code, at=AT + timedelta(minutes=9, seconds=59))


def test_a_challenge_that_never_existed_looks_like_an_old_one(db: None) -> None:
    with pytest.raises(identity.CodeExpired):
        identity.sign_in(challenge="f" * 32, code="123456", at=AT)


def test_five_wrong_codes_end_a_challenge_even_for_the_right_code(db: None) -> None:
    asked = ask()
    lefts = []
    for n in range(1, 5):
        with pytest.raises(identity.WrongCode) as wrong:
            identity.sign_in(challenge=asked.challenge, code=another(asked.code, n), at=AT)
        lefts.append(wrong.value.left)
    assert lefts == [4, 3, 2, 1]
    with pytest.raises(identity.TooManyTries):
        identity.sign_in(challenge=asked.challenge, code=another(asked.code), at=AT)
    with pytest.raises(identity.TooManyTries):
        identity.sign_in(challenge=asked.challenge, code=asked.code, at=AT)
    assert PersonRow.objects.count() == 0


def test_a_network_waits_for_its_sixth_unused_code_and_nobody_else_does(db: None) -> None:
    def asked_from(network: str, at: datetime, email: str = EMAIL) -> identity.NewChallenge:
        return identity.ask_code(email=email, language="en", at=at, network=network)

    for second in range(5):
        asked_from("198.51.100.7", AT + timedelta(seconds=second))
    with pytest.raises(identity.TooManyCodes) as refused:
        asked_from("198.51.100.7", AT + timedelta(seconds=5), "TAI.MAN@example.hk")
    assert refused.value.retry_at == AT + timedelta(seconds=12)
    asked_from("198.51.100.7", AT + timedelta(seconds=5), "other@example.hk")
    asked_from("203.0.113.9", AT + timedelta(seconds=5))
    asked_from("198.51.100.7", AT + timedelta(seconds=12))
    assert "198.51" not in str(list(Challenge.objects.values()))


def test_codes_become_longer_when_many_were_not_used_and_sign_in_all_the_same(db: None) -> None:
    lengths = []
    for n in range(17):
        asked = identity.ask_code(email=EMAIL, language="en", at=AT, network=f"198.51.100.{n}")
        lengths.append(len(asked.code))
    assert lengths == [6] * 15 + [10] * 2
    assert identity.sign_in(challenge=asked.challenge, code=f"{asked.code[:5]} {asked.code[5:]}", at=AT).email == EMAIL


def test_used_codes_do_not_count_against_an_address(db: None) -> None:
    for minute in range(8):
        at = AT + timedelta(minutes=minute)
        asked = ask(at=at)
        identity.sign_in(challenge=asked.challenge, code=asked.code, at=at)


def test_a_code_for_one_challenge_does_not_answer_another(db: None) -> None:
    first, second = ask(), ask()
    if first.code != second.code:
        with pytest.raises(identity.WrongCode):
            identity.sign_in(challenge=second.challenge, code=first.code, at=AT)
    rows = list(Challenge.objects.values_list("code_index", flat=True))
    assert first.code not in rows
    assert store.code_index(first.challenge, first.code) in rows


def test_neither_code_nor_address_is_in_the_tables_or_the_journal(db: None) -> None:
    asked = ask()
    person = identity.sign_in(challenge=asked.challenge, code=asked.code, at=AT)
    identity.rename(person_ref=person.ref, name="陳大文", at=AT)
    assert identity.person(person.ref).name == "陳大文"
    tables = [str(list(m.objects.values())) for m in (PersonRow, Challenge, JournalEntry)]
    bytes_ = [bytes(v) for m in (PersonRow, Challenge) for row in m.objects.values_list("email") for v in row if v]
    assert not any(EMAIL in text or "陳大文" in text for text in tables)
    assert not any(EMAIL.encode() in b for b in bytes_)
    assert asked.code not in repr(asked)
    assert EMAIL not in repr(person)


def test_enrolling_twice_is_the_same_person(db: None) -> None:
    one = identity.enrol(email=EMAIL, name="Chan Tai Man", language="en", at=AT)
    two = identity.enrol(email="TAI.man@example.hk", name="Somebody Else", language="zh-hans", at=AT)
    assert one == two
    assert identity.find(email=EMAIL) == one
    assert identity.find(email="nobody@example.hk") is None
    assert identity.residents() == [one]


def test_a_person_reads_in_the_language_they_choose(db: None) -> None:
    ref = identity.enrol(email=EMAIL, name=None, language="en", at=AT).ref
    identity.set_language(person_ref=ref, language="zh-hans", at=AT)
    assert identity.person(ref).language == "zh-hans"
    with pytest.raises(ValueError, match="no such language"):
        identity.set_language(person_ref=ref, language="tlh", at=AT)


def test_an_erased_person_is_gone_and_the_address_begins_anew(db: None) -> None:
    asked = ask()
    ref = identity.sign_in(challenge=asked.challenge, code=asked.code, at=AT).ref
    waiting = ask()
    identity.erase(person_ref=ref, at=AT, by=f"person:{ref}")
    identity.erase(person_ref=ref, at=AT, by=f"person:{ref}")
    with pytest.raises(identity.Erased):
        identity.person(ref)
    with pytest.raises(vault.Forgotten):
        vault.seal(b"x", subject=ref, place="p", row="r")
    with pytest.raises(identity.CodeExpired):
        identity.sign_in(challenge=waiting.challenge, code=waiting.code, at=AT)
    assert identity.enrol(email=EMAIL, name=None, language="en", at=AT).ref != ref
    assert [f.event for f in journal.about(ref)].count("person_erased") == 1


def test_there_is_no_list_of_persons_in_production(db: None, settings) -> None:
    settings.PRAYA = settings.PRAYA.model_copy(update={"mode": "production"})
    with pytest.raises(PermissionError):
        identity.residents()


# Officers

ROLES = frozenset({identity.Role("fehd", "supervisor"), identity.Role("td", "officer")})


def add_officer() -> identity.Officer:
    return identity.add_officer(name="Lee Ka Yan", email="officer@dept.example", roles=ROLES, at=AT, by="system")


def test_an_officer_signs_in_with_a_code_for_officers_only(db: None) -> None:
    officer = add_officer()
    asked = ask("officer@dept.example", for_officer=True)
    assert identity.officer_sign_in(challenge=asked.challenge, code=asked.code, at=AT) == officer
    assert officer.departments == {"fehd", "td"}
    assert officer.roles_in("fehd") == {"supervisor"}
    assert officer.roles_in("td") == {"officer"}
    assert officer.roles_in("bd") == set()
    for_resident = ask("officer@dept.example")
    with pytest.raises(identity.CodeExpired):
        identity.officer_sign_in(challenge=for_resident.challenge, code=for_resident.code, at=AT)
    again = ask("officer@dept.example", for_officer=True)
    with pytest.raises(identity.CodeExpired):
        identity.sign_in(challenge=again.challenge, code=again.code, at=AT)


def test_the_right_code_of_no_officer_fails_exactly_like_a_wrong_one(db: None) -> None:
    asked = ask("stranger@example.hk", for_officer=True)
    seen = []
    for _ in range(5):
        with pytest.raises((identity.WrongCode, identity.TooManyTries)) as refused:
            identity.officer_sign_in(challenge=asked.challenge, code=asked.code, at=AT)
        seen.append(getattr(refused.value, "left", 0))
    assert seen == [4, 3, 2, 1, 0]


def test_an_officer_who_left_cannot_sign_in_and_is_found_no_more(db: None) -> None:
    officer = add_officer()
    asked = ask("officer@dept.example", for_officer=True)
    identity.officer_leaves(officer_ref=officer.ref, at=AT, by="system")
    with pytest.raises(identity.WrongCode):
        identity.officer_sign_in(challenge=asked.challenge, code=asked.code, at=AT)
    with pytest.raises(identity.NoOfficer):
        identity.officer(officer.ref)
    assert identity.officers() == []
    assert add_officer().ref == officer.ref


def test_changed_roles_and_ended_sessions_begin_a_new_epoch(db: None) -> None:
    officer = add_officer()
    identity.end_sessions(officer.ref, at=AT, by="system")
    changed = identity.set_roles(
        officer_ref=officer.ref, roles=frozenset({identity.Role("td", "officer")}), at=AT, by="system"
    )
    assert (changed.epoch, changed.departments) == (officer.epoch + 2, {"td"})
    with pytest.raises(identity.NoOfficer):
        identity.end_sessions("0" * 32, at=AT, by="system")


def test_listing_officers_costs_the_same_number_of_queries_for_any_number(db: None, django_assert_num_queries) -> None:
    for n in range(5):
        identity.add_officer(name=f"Officer {n}", email=f"o{n}@dept.example", roles=ROLES, at=AT, by="system")
    vault.reset_memory()  # as in a process that starts after they were added
    with django_assert_num_queries(3):
        assert len(identity.officers()) == 5
    with django_assert_num_queries(2):
        assert len(identity.officers()) == 5


def test_old_challenges_are_deleted_once_they_no_longer_count(db: None) -> None:
    ask()
    ask(at=AT + timedelta(hours=20))
    assert identity.forget_old_codes(at=AT + timedelta(hours=25)) == 1
    assert Challenge.objects.count() == 1
    assert OfficerRow.objects.count() == 0
