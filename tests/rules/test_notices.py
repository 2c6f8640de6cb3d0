import pytest
from hypothesis import given
from hypothesis import strategies as st

from praya.blocks.notices import rules


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("€" * 152, 2),  # 153 septets hold 76 escaped characters, not 76 and a half
        ("€" * 153, 3),
        ("申" * 70, 1),
        ("申" * 71, 2),
        ("申" * 134, 2),
        ("申" * 135, 3),
        ("𠮷" * 35, 1),
        ("𠮷" * 36, 2),
        ("𠮷" * 66, 2),
        ("𠮷" * 67, 3),  # 67 units hold 33 surrogate pairs
        ("a" * 70 + "申", 2),
    ],
)
def test_an_sms_is_as_many_messages_as_the_standard_says(text: str, count: int) -> None:
    assert rules.segments(text) == count


@given(st.text(max_size=400), st.text(max_size=20))
def test_more_text_is_never_fewer_messages(text: str, more: str) -> None:
    assert rules.segments(text + more) >= rules.segments(text) >= 1


@pytest.mark.parametrize("subject", ["Hello\r\nBcc: all@example.hk", "a\nb", "a\x00b", "a\u2028b", "a\x85b"])
def test_a_subject_that_would_smuggle_a_header_is_refused(subject: str) -> None:
    assert rules.why_not_content(subject, "body") == "subject_control_character"


def test_ordinary_content_in_three_languages_is_sendable() -> None:
    for subject in ("Your licence", "你的牌照", "你的牌照（简体）"):
        assert rules.why_not_content(subject, "第一行\n第二行\tand more") is None
    assert rules.why_not_content("s", "a\x00b") == "body_control_character"
    assert rules.why_not_content(" ", "b") == "subject_length"
    assert rules.why_not_content("s", "b" * 20_001) == "body_length"


@pytest.mark.parametrize(
    "address",
    ["a@b.hk, c@d.hk", "a@b.hk\nBcc: c@d.hk", "a b@c.hk", "<a@b.hk>", "a@b@c", "@b.hk", "a@", "", 'x"y@b.hk'],
)
def test_an_address_that_could_be_two_or_a_header_is_refused(address: str) -> None:
    assert rules.why_not_email(address) == "email_address"


def test_numbers_are_international_and_texts_have_an_end() -> None:
    assert rules.why_not_sms("+85251234567", "Hello") is None
    assert rules.why_not_sms("51234567", "Hello") == "phone_number"
    assert rules.why_not_sms("+85251234567;+85251234568", "Hello") == "phone_number"
    assert rules.why_not_sms("+85251234567", " ") == "sms_text"
    assert rules.why_not_sms("+85251234567", "字" * 671) == "sms_length"
