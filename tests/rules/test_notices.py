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


@pytest.mark.parametrize("subject", ["Hello\r\nBcc: all@example.hk", "a\nb", "a\x00b", "a\u2028b", "a\x85b", "a\x0cb"])
def test_a_subject_that_would_smuggle_a_header_is_one_line(subject: str) -> None:
    said = rules.written(subject, "body", "", otherwise="A title")
    assert said.subject in {"Hello Bcc: all@example.hk", "a b"}
    assert said.sms == said.subject
    assert said.shortened == ()


def test_a_message_says_something_even_when_nothing_stands_in_it() -> None:
    assert rules.written(" \n", "b", " ", otherwise="餐廳牌照") == rules.Written("餐廳牌照", "b", "餐廳牌照")


def test_what_is_too_long_ends_in_an_ellipsis_and_no_character_is_split() -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    said = rules.written(f"{'x' * 196}{family}{'y' * 90}", "b" * 20_001, "字" * 671, otherwise="")
    assert said.subject == f"{'x' * 196}…"
    assert len(said.body) == rules.BODY_LENGTH
    assert (said.sms, rules.segments(said.sms)) == ("字" * 669 + "…", 10)
    assert said.shortened == ("subject", "body", "sms")
    latin = rules.written("s", "b", "a" * 2000, otherwise="").sms
    assert (len(latin), latin[-4:], rules.segments(latin)) == (1530, "a...", 10)


@given(st.text(max_size=600), st.text(max_size=300), st.text(max_size=900))
def test_whatever_people_typed_can_be_sent(subject: str, body: str, sms: str) -> None:
    said = rules.written(subject, body, sms, otherwise="Title")
    assert 0 < len(said.subject) <= rules.SUBJECT_LENGTH
    assert said.subject.splitlines() == [said.subject]
    assert said.sms.strip()
    assert rules.segments(said.sms) <= rules.SEGMENTS
    f"{said.subject}{said.body}{said.sms}".encode()
    again = rules.written(said.subject, said.body, said.sms, otherwise="Title")
    assert (again.subject, again.body, again.sms) == (said.subject, said.body, said.sms)


@pytest.mark.parametrize(
    "address",
    ["a@b.hk, c@d.hk", "a@b.hk\nBcc: c@d.hk", "a b@c.hk", "<a@b.hk>", "a@b@c", "@b.hk", "a@", "", 'x"y@b.hk'],
)
def test_an_address_that_could_be_two_or_a_header_is_refused(address: str) -> None:
    assert rules.why_not_email(address) == "email_address"


def test_numbers_are_international() -> None:
    assert rules.why_not_phone("+85251234567") is None
    assert rules.why_not_phone("51234567") == "phone_number"
    assert rules.why_not_phone("+85251234567;+85251234568") == "phone_number"
