"""The vault: keys change while data stays; who is forgotten stays forgotten; moved and changed bytes are refused."""

import base64
import json
import secrets
from typing import Any

import pytest
from django.db import transaction
from tests.installations import House

from praya.kernel.crypto import vault


def masters(house: House) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((house.folder / "var" / "keys.json").read_text())
    return found


def write_masters(house: House, keys: dict[str, Any]) -> None:
    (house.folder / "var" / "keys.json").write_text(json.dumps(keys))


def test_after_a_change_of_the_master_key_all_opens_and_the_old_one_can_go(house: House) -> None:
    made = house.call("tests.kernel.scenes:seal_secrets", count=5)
    keys = masters(house)
    old = keys["current"]
    keys["keys"]["new"] = base64.b64encode(secrets.token_bytes(32)).decode()
    keys["current"] = "new"
    write_masters(house, keys)

    before = house.call("tests.kernel.scenes:open_secrets", sealed=made["sealed"])
    # Five people, the index of look-ups and the journal's own key.
    assert house.call("tests.kernel.scenes:rotate") >= 7
    assert house.call("tests.kernel.scenes:rotate") == 0
    assert house.do("SELECT DISTINCT master FROM crypto_subject_key") == [("new",)]
    del keys["keys"][old]
    write_masters(house, keys)
    after = house.call("tests.kernel.scenes:open_secrets", sealed=made["sealed"])

    assert before == after
    assert after["said"] == {f"person-{n}": f"secret {n}" for n in range(5)}
    assert (after["index"], after["key"]) == (made["index"], made["key"])


def test_a_forgotten_person_cannot_be_opened_by_any_process(house: House) -> None:
    made = house.call("tests.kernel.scenes:seal_secrets", count=2)
    house.call("tests.kernel.scenes:forget", subject="person-1")
    found = house.call("tests.kernel.scenes:open_secrets", sealed=made["sealed"])
    assert found["said"] == {"person-0": "secret 0", "person-1": "Forgotten"}


def test_keys_swapped_between_two_people_open_nothing(sqlite_house: House) -> None:
    made = sqlite_house.call("tests.kernel.scenes:seal_secrets", count=2)
    sqlite_house.do(
        "UPDATE crypto_subject_key SET wrapped = "
        "(SELECT wrapped FROM crypto_subject_key WHERE subject = 'person-0') WHERE subject = 'person-1'"
    )
    found = sqlite_house.call("tests.kernel.scenes:open_secrets", sealed=made["sealed"])
    assert found["said"] == {"person-0": "secret 0", "person-1": "Tampered"}


def test_moved_and_changed_bytes_are_refused(db: None) -> None:
    vault.new_key("a")
    vault.new_key("b")
    sealed = vault.seal(b"secret", subject="a", place="t.c", row="1")
    assert vault.unseal(sealed, subject="a", place="t.c", row="1") == b"secret"
    for elsewhere in ({"row": "2"}, {"place": "t.d"}, {"subject": "b"}):
        with pytest.raises(vault.Tampered):
            vault.unseal(sealed, **{"subject": "a", "place": "t.c", "row": "1"} | elsewhere)
    for position in range(len(sealed)):
        changed = sealed[:position] + bytes([sealed[position] ^ 1]) + sealed[position + 1 :]
        with pytest.raises(vault.Tampered):
            vault.unseal(changed, subject="a", place="t.c", row="1")
    for cut in (b"", sealed[:11], sealed[:-1], sealed + b"x"):
        with pytest.raises((vault.Tampered, ValueError)):
            vault.unseal(cut, subject="a", place="t.c", row="1")


def test_the_same_secret_never_looks_the_same(db: None) -> None:
    vault.new_key("a")
    assert len({vault.seal(b"secret", subject="a", place="t.c", row="1") for _ in range(50)}) == 50


def test_a_rollback_takes_the_key_away_with_the_rest(committed: None) -> None:
    with transaction.atomic():
        vault.new_key("a")
        vault.seal(b"secret", subject="a", place="t.c", row="1")
        transaction.set_rollback(True)
    with pytest.raises(vault.Forgotten):
        vault.seal(b"secret", subject="a", place="t.c", row="1")


def test_a_key_is_read_once_in_its_transaction_and_a_savepoint_taken_back_takes_it_away(
    committed: None, django_assert_num_queries: Any
) -> None:
    with transaction.atomic():
        with transaction.atomic():
            vault.new_key("a")
            kept = vault.seal(b"one", subject="a", place="t.c", row="1")
            with django_assert_num_queries(0):
                assert vault.unseal(kept, subject="a", place="t.c", row="1") == b"one"
            transaction.set_rollback(True)
        with pytest.raises(vault.Forgotten):
            vault.seal(b"two", subject="a", place="t.c", row="1")
        vault.new_key("a")
        with pytest.raises(vault.Tampered):
            vault.unseal(kept, subject="a", place="t.c", row="1")
        vault.forget("a")
        with pytest.raises(vault.Forgotten):
            vault.seal(b"three", subject="a", place="t.c", row="1")


def test_blind_indexes_tell_purposes_apart_and_values_together(db: None) -> None:
    assert vault.blind_index("email", "x") == vault.blind_index("email", "x")
    assert vault.blind_index("email", "x") != vault.blind_index("booking", "x")
    assert vault.blind_index("email", "x") != vault.blind_index("email", "y")
