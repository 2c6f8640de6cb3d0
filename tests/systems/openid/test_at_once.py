"""Many at one code, and at one refresh token, at the same moment, in real transactions; and a long family."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from tests.systems.openid.conftest import Provider

from praya.systems.openid.models import Grant

MANY = [4, pytest.param(50, marks=pytest.mark.size)]


def at_once(number: int, send: Any) -> list[Any]:
    def one(_: int) -> Any:
        try:
            return send()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(min(number, 16)) as pool:
        return list(pool.map(one, range(number)))


@pytest.fixture
def open_provider(committed: None, provider: Provider) -> Provider:
    return provider


@pytest.mark.parametrize("number", MANY)
def test_of_many_with_one_code_at_most_one_gets_something_and_it_ends(open_provider: Provider, number: int) -> None:
    code = open_provider.code(scope="openid offline_access")
    answers = at_once(number, lambda: open_provider.redeem(code))
    got = [answer.json() for answer in answers if answer.status_code == 200]
    assert len(got) == 1
    assert all(answer.json()["error"] == "invalid_grant" for answer in answers if answer.status_code != 200)
    assert open_provider.introspected(got[0]["access_token"]) == {"active": False}
    assert open_provider.refresh(got[0]["refresh_token"]).status_code == 400


@pytest.mark.parametrize("number", MANY)
def test_of_many_with_one_refresh_token_at_most_one_gets_something(open_provider: Provider, number: int) -> None:
    tokens = open_provider.tokens(scope="openid offline_access")
    answers = at_once(number, lambda: open_provider.refresh(tokens["refresh_token"]))
    got = [answer.json() for answer in answers if answer.status_code == 200]
    assert len(got) == 1
    assert open_provider.introspected(got[0]["access_token"]) == {"active": False}
    assert Grant.objects.get().ended_at is not None


@pytest.mark.parametrize("number", MANY)
def test_one_assertion_and_one_page_of_consent_at_once(open_provider: Provider, number: int) -> None:
    open_provider.client, open_provider.secret, open_provider.key = open_provider.registered(way="private_key_jwt")
    proof = open_provider.assertion()
    answers = at_once(number, lambda: open_provider.machine("introspect", {"token": "x", **proof}))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * (number - 1)


@pytest.mark.parametrize("length", [5, pytest.param(400, marks=pytest.mark.size)])
def test_a_family_costs_the_same_however_long_it_is(provider: Provider, length: int) -> None:
    first = latest = provider.tokens(scope="openid offline_access")
    counts = []
    for _ in range(length):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            answer = provider.refresh(latest["refresh_token"])
        latest = answer.json()
        counts.append(len(asked))
    assert len(set(counts[1:])) == 1
    assert counts[-1] <= 5
    with CaptureQueriesContext(connection) as asked:
        assert provider.refresh(first["refresh_token"]).json()["error"] == "invalid_grant"
    assert len(asked) <= 12, "one update and one fact, for a family of any length"
    assert provider.introspected(latest["access_token"]) == {"active": False}
    assert Grant.objects.count() == 1
