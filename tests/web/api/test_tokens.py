"""Tokens of departments: made once, kept as a hash, ended for good; and the command that does so."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from praya.blocks.tokens import api as access
from praya.kernel.journal import api as journal
from praya.project import cli
from praya.project.installation import stamp

AT = datetime(2026, 1, 5, 10, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh() -> None:
    access.forget_memory()


def issued(name: str = "kiosk", **more: object) -> access.Issued:
    values = {"department": "fehd", "scopes": ["apply", "read"], "expires_at": None, "at": AT, "by": "operator"}
    return access.issue(name=name, **{**values, **more})  # type: ignore[arg-type]


def test_a_token_is_long_random_and_known_by_its_hash_only() -> None:
    first, second = issued(), issued("other")
    assert first.secret.startswith("praya_")
    assert len(first.secret) == len("praya_") + 43
    assert first.secret != second.secret
    assert first.secret not in repr(first)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM access_token")
        assert first.secret not in str(cursor.fetchall())
    assert first.secret not in str(journal.about("kiosk"))
    assert access.verify(first.secret, at=AT).name == "kiosk"
    for wrong in ("", "praya_", first.secret[:-1], first.secret + "\n", first.secret[:-1] + "é", "praya_" + "0" * 43):
        with pytest.raises(access.NoToken):
            access.verify(wrong, at=AT)


def test_a_token_that_was_seen_needs_no_query_for_a_while_and_only_its_last_day_is_kept() -> None:
    secret = issued().secret
    access.verify(secret, at=AT)
    with CaptureQueriesContext(connection) as queries:
        access.verify(secret, at=AT + timedelta(seconds=5))
    assert len(queries) == 0
    assert [token.last_used_date for token in access.tokens()] == [AT.date()]


def test_an_ended_token_opens_nothing() -> None:
    secret = issued(expires_at=AT + timedelta(days=1)).secret
    access.verify(secret, at=AT)
    with pytest.raises(access.NoToken):
        access.verify(secret, at=AT + timedelta(days=1))
    assert access.revoke(name="kiosk", at=AT, by="operator")
    assert not access.revoke(name="kiosk", at=AT, by="operator")
    with pytest.raises(access.NoToken):
        access.verify(secret, at=AT)
    assert [fact.event for fact in journal.about("kiosk")] == ["token_revoked", "token_issued"]


def test_a_name_is_given_once_for_ever() -> None:
    issued()
    access.revoke(name="kiosk", at=AT, by="operator")
    with pytest.raises(access.NameTaken):
        issued()
    for name in ("K", "k", "9a", "a b", "a" * 41, "a\n"):
        with pytest.raises(access.BadName):
            issued(name)
    for scopes in ([], ["everything"]):
        with pytest.raises(access.NoScope):
            issued("fine", scopes=scopes)


def test_an_answer_is_kept_for_its_key_and_payload_until_it_is_old() -> None:
    done: list[int] = []

    def do() -> tuple[int, str]:
        done.append(1)
        return 201, "made"

    def fail() -> tuple[int, str]:
        raise LookupError

    with pytest.raises(LookupError):
        access.once(token="a", key="k", payload="p", at=AT, do=fail)
    first = access.once(token="a", key="k", payload="p", at=AT, do=do)
    again = access.once(token="a", key="k", payload="p", at=AT, do=fail)
    assert (first.again, again.again, again.status, again.body) == (False, True, 201, "made")
    with pytest.raises(access.KeyReused):
        access.once(token="a", key="k", payload="other", at=AT, do=fail)
    assert access.once(token="b", key="k", payload="other", at=AT, do=do).again is False
    assert len(done) == 2
    assert access.forget_old_answers(at=AT + access.KEEP_ANSWERS) == 0
    assert access.forget_old_answers(at=AT + access.KEEP_ANSWERS + timedelta(seconds=1)) == 2


def test_the_command_issues_lists_and_revokes(capsys: pytest.CaptureFixture[str]) -> None:
    stamp.make(mode="test", territory="hongkong", at=AT)
    issue = ["tokens", "issue", "--department", "fehd", "--scope", "apply,read", "--name", "counter-3"]
    assert cli.main(issue) == 0
    secret, line, *_ = capsys.readouterr().out.splitlines()
    token = access.verify(secret, at=datetime.now(UTC))
    assert (token.department, token.scopes) == ("fehd", frozenset({"apply", "read"}))
    assert token.expires_at is not None
    assert "counter-3" in line
    assert cli.main(["tokens", "list"]) == 0
    listed = capsys.readouterr().out
    assert "counter-3  fehd  apply,read  until" in listed
    assert secret not in listed
    assert cli.main(["tokens", "revoke", "counter-3"]) == 0
    with pytest.raises(access.NoToken):
        access.verify(secret, at=datetime.now(UTC))
    for command, said in (
        (issue, "used before"),
        ([*issue[:3], "nobody", *issue[4:]], "There is no department 'nobody'"),
        ([*issue[:5], "all", *issue[6:]], "one or more of"),
        ([*issue[:-1], "Not A Name"], "2 to 40"),
        (["tokens", "revoke", "none"], "no token 'none'"),
    ):
        assert cli.main(command) == 1
        assert said in capsys.readouterr().err
