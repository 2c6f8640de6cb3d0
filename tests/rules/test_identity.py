from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from praya.blocks.identity.rules import addresses, names, sign_in_limits

AT = datetime(2023, 1, 5, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        (" Chan.TaiMan@Example.HK ", "chan.taiman@example.hk"),
        ("tai_man+licence@mail.example.org", "tai_man+licence@mail.example.org"),
        ("taiman＠example.hk", "taiman@example.hk"),
    ],
)
def test_an_address_has_one_written_form(typed: str, written: str) -> None:
    assert addresses.address(typed) == written


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "taiman",
        "taiman@localhost",
        "a@b@example.hk",
        "taiman@example.hk\nBcc: all@example.hk",
        "taiman@example.hk, other@example.hk",
        "Tai Man <taiman@example.hk>",
        "mıke@example.hk",  # a dotless i must never find mike
        "míke@example.hk",
        "taiman@\u202eexample.hk",
        "a" * 65 + "@example.hk",
        "a@" + "b" * 64 + ".hk",
        "a@" + ".".join(["b" * 50] * 6) + ".hk",
        ".a@example.hk",
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(addresses.NotAnAddress):
        addresses.address(typed)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.from_regex(r"[A-Za-z0-9._+]{1,20}@[A-Za-z0-9.-]{1,20}\.[A-Za-z]{2,5}", fullmatch=True) | st.text(max_size=80))
def test_a_written_form_is_plain_and_stable(typed: str) -> None:
    try:
        written = addresses.address(typed)
    except addresses.NotAnAddress:
        return
    assert written.isascii()
    assert addresses.address(written) == written == written.lower()


def test_a_refusal_does_not_repeat_what_was_typed() -> None:
    with pytest.raises(addresses.NotAnAddress, match=r"^not an e-mail address$"):
        addresses.address("taiman@@example.hk")


def test_a_code_may_be_typed_with_spaces_dashes_and_full_width_digits() -> None:
    assert sign_in_limits.typed_code(" 123-456 ") == "123456"
    assert sign_in_limits.typed_code("１２３ ４５６") == "123456"
    assert sign_in_limits.typed_code("12a456") == ""
    assert sign_in_limits.typed_code("½") == ""


def ago(*seconds: float) -> list[datetime]:
    return [AT - timedelta(seconds=s) for s in seconds]


def test_codes_from_a_clock_that_was_ahead_keep_nobody_out() -> None:
    ahead = ago(*(-86400 * 400 - number for number in range(1200)))
    assert sign_in_limits.retry_at(ahead, ahead, AT) is None


def test_a_network_waits_seconds_at_first_and_never_longer_than_half_an_hour() -> None:
    waits = [sign_in_limits.wait(n).total_seconds() for n in range(16)]
    assert waits == [0, 0, 0, 0, 0, 8, 16, 32, 64, 128, 256, 512, 1024, 1800, 1800, 1800]
    assert sign_in_limits.wait(10_000) == timedelta(minutes=30)
    assert sign_in_limits.retry_at(ago(-0.1), ago(-0.1), AT) is None, "asked for at once"
    asked = ago(10, 8, 6, 4, 3)
    assert sign_in_limits.retry_at(asked, asked, AT) == AT + timedelta(seconds=5)
    assert sign_in_limits.retry_at(asked, asked, AT + timedelta(seconds=5)) is None


@given(st.lists(st.integers(min_value=0, max_value=200_000), max_size=40), st.integers(min_value=0, max_value=999))
def test_what_other_networks_asked_for_makes_nobody_wait(seconds: list[int], others: int) -> None:
    mine = ago(*seconds)
    assert sign_in_limits.retry_at(mine, mine, AT) == sign_in_limits.retry_at(
        mine, [*mine, *ago(*range(others - len(mine)))], AT
    )


def test_a_thousand_unused_codes_of_a_day_are_the_most() -> None:
    assert sign_in_limits.retry_at([], ago(*range(999)), AT) is None
    assert sign_in_limits.retry_at([], ago(*range(1000)), AT) == AT - timedelta(seconds=999) + timedelta(days=1)


def test_from_however_many_networks_a_day_of_guessing_has_less_than_one_chance_in_thirteen_thousand() -> None:
    chance = sum(
        sign_in_limits.TRIES / 10 ** sign_in_limits.code_digits(unused) for unused in range(sign_in_limits.CODES_A_DAY)
    )
    assert 1 / 14_000 < chance < 1 / 13_000


@pytest.mark.parametrize(
    ("name", "typed"),
    [("CHAN Tai Man", "chan"), ("CHAN Tai Man", "ta"), ("陳大文", "大文"), ("陳大文", "陳"), ("Ｃｈａｎ", "ch")],
)
def test_a_name_is_found_by_the_beginning_of_a_word(name: str, typed: str) -> None:
    assert set(names.name_words(typed)) <= names.beginnings(name)
    assert "han" not in names.beginnings(name)
