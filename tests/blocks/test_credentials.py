import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jws
from joserfc.jwk import ECKey, KeySet
from PIL import Image

from praya.blocks.credentials import api as credentials
from praya.blocks.credentials import rules, store
from praya.blocks.credentials.models import RecordRow, SigningKey
from praya.kernel.crypto import vault
from praya.kernel.journal import api as journal
from praya.kernel.journal.models import JournalEntry
from praya.kernel.text import Text

AT = datetime(2023, 1, 5, 10, tzinfo=UTC)
PERSON = "a" * 32
CASE = "RL-4K7P-9QXW"


@pytest.fixture(autouse=True)
def _a_person_with_a_key(request: pytest.FixtureRequest) -> Iterator[None]:
    vault.reset_memory()
    if "db" in request.fixturenames:
        request.getfixturevalue("db")
        vault.new_key(PERSON)
    yield
    vault.reset_memory()


def issue(**changes: Any) -> credentials.Record:
    values: dict[str, Any] = {
        "person_ref": PERSON,
        "case_ref": CASE,
        "service": "restaurant-licence",
        "name": "licence",
        "title": Text({"en": "General restaurant licence", "zh-hant": "普通食肆牌照"}),
        "facts": [
            credentials.RecordFact("holder", Text({"en": "Holder", "zh-hant": "持牌人"}), "陳大文"),
            credentials.RecordFact(
                "district", Text({"en": "District", "zh-hant": "地區"}), {"en": "Sha Tin", "zh-hant": "沙田灣"}
            ),
        ],
        "valid_until": date(2023, 12, 31),
        "once_key": "case:1:licence",
    }
    return credentials.issue(credentials.NewRecord(**values | changes), at=AT)


def signed(row: SigningKey, header: dict[str, Any] | None = None, **claims: Any) -> str:
    """A token that somebody who holds the private key could make."""
    private = ECKey.import_key(
        vault.unseal_json(row.private or b"", subject=store.OURS, place="credentials.key.private", row=row.kid)
    )
    header = header or {"alg": "ES256", "typ": rules.TYPE, "kid": row.kid}
    return jws.serialize_compact(header, json.dumps(claims).encode(), private, algorithms=["ES256"])


def test_a_record_verifies_and_says_what_it_said(db: None) -> None:
    record = issue()
    verdict = credentials.verify(record.token, at=AT)
    assert (verdict.state, verdict.ref, verdict.service, verdict.name) == (
        "valid",
        record.ref,
        "restaurant-licence",
        "licence",
    )
    assert verdict.title is not None
    assert [verdict.title.in_(x) for x in ("en", "zh-hant", "zh-hans")] == [
        "General restaurant licence",
        "普通食肆牌照",
        "普通食肆牌照",
    ]
    assert [(f.name, f.label.in_("zh-hans"), f.in_("zh-hans")) for f in verdict.facts] == [
        ("holder", "持牌人", "陳大文"),
        ("district", "地区", "沙田湾"),
    ]
    assert (verdict.issued_at, verdict.valid_until) == (AT, date(2023, 12, 31))
    assert (record.facts, record.title) == (verdict.facts, verdict.title)


def test_another_library_verifies_a_record_with_the_published_keys(db: None) -> None:
    token = issue().token
    (key,) = credentials.jwks()["keys"]
    assert "d" not in key
    public = ECKey.import_key(key).public_key
    signing_input = token.rpartition(".")[0]
    parts = rules.take_apart(token)
    assert isinstance(parts, rules.Parts)
    r, s = (int.from_bytes(parts.signature[i : i + 32], "big") for i in (0, 32))
    public.verify(utils.encode_dss_signature(r, s), signing_input.encode(), ec.ECDSA(SHA256()))
    assert KeySet.import_key_set(credentials.jwks()).keys[0].kid == parts.kid
    assert parts.claims["iss"].startswith("http")
    assert parts.claims["exp"] == datetime(2023, 12, 31, 16, tzinfo=UTC).timestamp()


def test_the_same_key_twice_is_one_record(db: None) -> None:
    assert issue() == issue(title=Text({"en": "Another"}))
    assert RecordRow.objects.count() == 1
    assert [f.event for f in journal.about(CASE)] == ["record_issued"]


def test_a_record_expires_at_midnight_after_its_last_day(db: None) -> None:
    record = issue()
    last = datetime(2023, 12, 31, 15, 59, 59, tzinfo=UTC)
    assert credentials.verify(record.token, at=last).state == record.state(at=last) == "valid"
    after = last + timedelta(seconds=1)
    assert credentials.verify(record.token, at=after).state == record.state(at=after) == "expired"
    endless = issue(valid_until=None, once_key="2")
    assert credentials.verify(endless.token, at=AT + timedelta(days=36500)).state == "valid"


def test_revoking_a_case_revokes_its_records_once_and_for_all(db: None) -> None:
    record, other = issue(), issue(once_key="2", case_ref="RL-OTHER")
    assert credentials.revoke(case_ref=CASE, because="closed", at=AT, by="officer:x") == 1
    assert credentials.revoke(case_ref=CASE, because="again", at=AT, by="officer:x") == 0
    verdict = credentials.verify(record.token, at=AT + timedelta(days=999))
    assert (verdict.state, verdict.revoked_at) == ("revoked", AT)
    assert credentials.record(record.ref).revoked_because == "closed"
    assert credentials.verify(other.token, at=AT).state == "valid"
    assert credentials.revoked() == [record.ref]
    assert [f.event for f in journal.about(CASE)] == ["record_revoked", "record_issued"]
    assert credentials.revoke(ref=other.ref, because="error", at=AT, by="system") == 1
    with pytest.raises(credentials.NoRecord):
        credentials.revoke(ref="0" * 32, because="error", at=AT, by="system")
    with pytest.raises(ValueError, match="name a case or a record"):
        credentials.revoke(because="error", at=AT, by="system")


def test_a_token_cannot_be_changed_anywhere(db: None) -> None:
    token = issue().token
    for place in range(0, len(token), 7):
        if token[place] == ".":
            continue
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        verdict = credentials.verify(changed, at=AT)
        assert verdict.state in {"forged", "unreadable", "unknown"}
        assert (verdict.ref, verdict.title, verdict.facts) == (None, None, ())
    assert credentials.verify(f"  {token}\n", at=AT).state == "valid"


def test_another_key_under_our_identifier_is_forged_and_under_its_own_unknown(db: None) -> None:
    record = issue()
    stranger = ECKey.generate_key("P-256", private=True)
    payload = json.dumps({"jti": record.ref}).encode()
    header = {"alg": "ES256", "typ": rules.TYPE, "kid": SigningKey.objects.get().kid}
    forged = jws.serialize_compact(header, payload, stranger, algorithms=["ES256"])
    assert credentials.verify(forged, at=AT).state == "forged"
    unknown = jws.serialize_compact(header | {"kid": stranger.thumbprint()}, payload, stranger, algorithms=["ES256"])
    assert credentials.verify(unknown, at=AT).state == "unknown"


def test_a_header_may_not_choose_its_own_verification_even_when_we_signed_it(db: None) -> None:
    record, key = issue(), SigningKey.objects.get()
    base = {"alg": "ES256", "typ": rules.TYPE, "kid": key.kid}
    assert (
        credentials.verify(signed(key, base | {"jwk": json.loads(key.public)}, jti=record.ref), at=AT).state == "forged"
    )
    assert credentials.verify(signed(key, base | {"typ": "JWT"}, jti=record.ref), at=AT).state == "unreadable"


def test_a_stolen_key_makes_neither_new_records_nor_other_words_for_old_ones(db: None) -> None:
    record, key = issue(), SigningKey.objects.get()
    assert credentials.verify(signed(key, jti="f" * 32), at=AT).state == "unknown"
    assert credentials.verify(signed(key, jti=record.ref, ttl={"en": "Anything"}, fct=[]), at=AT).state == "forged"


def test_a_key_that_leaked_is_trusted_no_more(db: None) -> None:
    record, kid = issue(), SigningKey.objects.get().kid
    assert credentials.distrust_key(kid, at=AT, by="system")
    assert not credentials.distrust_key(kid, at=AT, by="system")
    assert credentials.verify(record.token, at=AT).state == "unknown"
    assert credentials.jwks() == {"keys": []}
    assert credentials.verify(issue(once_key="2").token, at=AT).state == "valid"


def test_after_a_change_of_key_old_records_still_verify_and_the_old_key_cannot_sign(db: None) -> None:
    old = issue()
    kid = credentials.rotate_key(AT + timedelta(1))
    new = issue(once_key="2")
    assert {k["kid"] for k in credentials.jwks()["keys"]} == {kid, SigningKey.objects.get(current=False).kid}
    assert SigningKey.objects.get(current=False).private is None
    for record in (old, new):
        assert credentials.verify(record.token, at=AT).state == "valid"
    parts = rules.take_apart(new.token)
    assert isinstance(parts, rules.Parts)
    assert parts.kid == kid


def test_an_erased_person_leaves_records_that_only_their_copies_can_show(db: None) -> None:
    record = issue()
    vault.forget(PERSON)
    assert credentials.of_person(PERSON) == credentials.of_case(CASE) == []
    with pytest.raises(credentials.NoRecord):
        credentials.record(record.ref)
    assert credentials.verify(record.token, at=AT).state == "valid"
    assert credentials.revoke(case_ref=CASE, because="error", at=AT, by="system") == 1
    with pytest.raises(credentials.PersonGone):
        issue(once_key="2")


def test_nothing_personal_or_secret_is_in_the_tables_the_journal_or_a_repr(db: None) -> None:
    record = issue()
    text = str([list(m.objects.values()) for m in (RecordRow, SigningKey, JournalEntry)]) + repr(record)
    verdict = credentials.verify(record.token, at=AT)
    assert "陳大文" not in text + repr(verdict)
    assert record.token not in text
    assert b"holder" not in bytes(RecordRow.objects.get().token)
    assert b'"d"' not in bytes(SigningKey.objects.get().private or b"")


def test_listing_records_costs_the_same_for_any_number(db: None, django_assert_num_queries: Any) -> None:
    for n in range(5):
        issue(once_key=str(n))
    vault.reset_memory()  # as in a process that starts after they were issued
    with django_assert_num_queries(2):
        assert len(credentials.of_person(PERSON)) == 5
    with django_assert_num_queries(1):
        assert len(credentials.of_person(PERSON)) == 5
    token = credentials.of_case(CASE)[0].token
    with django_assert_num_queries(2):
        assert credentials.verify(token, at=AT).state == "valid"


# Pictures


def test_a_record_drawn_as_a_qr_code_is_read_back(db: None) -> None:
    token = issue().token
    assert credentials.read_picture(credentials.qr_png(token)) == token


def test_a_qr_code_is_an_image_without_anything_that_a_strict_policy_would_refuse() -> None:
    svg = credentials.qr_svg("https://services.example.hk/verify")
    root = ET.fromstring(svg)  # noqa: S314 (our own text)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert not re.search(r"style|<!|<\?|script|href|class", svg.replace("https://services.example.hk", ""))
    side = int(root.get("width", "0"))
    moves = [int(x) for x in re.findall(r"M(\d+) ", root.find("{*}path").get("d"))]  # type: ignore[union-attr, arg-type]
    assert min(moves) == 16  # four modules of four units are quiet
    assert max(moves) < side - 16


def test_the_svg_and_the_png_hold_the_same_modules() -> None:
    svg = ET.fromstring(credentials.qr_svg("Praya"))  # noqa: S314
    side = int(svg.get("width", "0")) // 4
    drawn = Image.new("1", (side, side), 1)
    d = svg.find("{*}path").get("d")  # type: ignore[union-attr]
    for x, y, width, height in re.findall(r"M(\d+) (\d+)h(\d+)v(\d+)h-\d+Z", d or ""):
        drawn.paste(0, (int(x) // 4, int(y) // 4, (int(x) + int(width)) // 4, (int(y) + int(height)) // 4))
    png = Image.open(io.BytesIO(credentials.qr_png("Praya"))).resize((side, side), Image.Resampling.NEAREST)
    assert drawn.tobytes() == png.convert("1").tobytes()


@pytest.mark.parametrize(
    "value", ["字" * 4000, {"en": "a" * 20_000, "zh-hant": "字" * 3000}, "a\x00\x0cb" + "c" * 9000]
)
def test_a_record_of_what_people_typed_always_fits_its_code_and_says_what_was_shortened(db: None, value: Any) -> None:
    facts = [
        credentials.RecordFact("note", Text({"en": "Note"}), value),
        credentials.RecordFact("n", Text({"en": "N"}), "1"),
    ]
    record = issue(facts=facts)
    credentials.qr_svg(f"https://services.a-long-name.gov.example.hk/v#{record.token}")
    verdict = credentials.verify(record.token, at=AT)
    assert verdict.state == "valid"
    assert verdict.facts[0].in_("en").endswith("…")
    assert verdict.facts[1].in_("en") == "1"
    assert journal.about(CASE, events=["record_issued"])[0].facts["shortened"] == ["note"]


def test_more_than_a_code_holds_is_refused() -> None:
    credentials.qr_svg("a" * 2331)
    with pytest.raises(credentials.TooLong):
        credentials.qr_svg("a" * 2332)
    with pytest.raises(credentials.TooLong):
        credentials.qr_png("港" * 800)


def _photograph(text: str) -> Image.Image:
    code = Image.open(io.BytesIO(credentials.qr_png(text))).convert("RGB")
    paper = Image.new("RGB", (code.width * 2, code.height * 2), (235, 230, 220))
    paper.paste(code, (code.width // 2, code.height // 3))
    return paper.rotate(7, fillcolor=(200, 190, 180), resample=Image.Resampling.BICUBIC)


def _bytes(picture: Image.Image, kind: str, **options: Any) -> bytes:
    written = io.BytesIO()
    picture.save(written, kind, **options)
    return written.getvalue()


def test_a_crooked_photograph_of_a_code_is_read() -> None:
    text = "陳大文 " + "x" * 300
    assert credentials.read_picture(_bytes(_photograph(text), "JPEG", quality=60)) == text


def test_a_screenshot_with_a_transparent_ground_is_read() -> None:
    code = Image.open(io.BytesIO(credentials.qr_png("Praya"))).convert("L")
    black = Image.new("RGBA", code.size, (0, 0, 0, 0))
    black.putalpha(code.point(lambda v: 255 - v))
    assert credentials.read_picture(_bytes(black, "PNG")) == "Praya"


def test_a_picture_without_a_code_says_nothing() -> None:
    assert credentials.read_picture(_bytes(Image.new("RGB", (300, 300), "white"), "PNG")) is None


@pytest.mark.parametrize("junk", [b"", b"GIF89a" + b"\0" * 50, b"\x89PNG\r\n\x1a\n" + b"\0" * 50, b"\xff\xd8\xff" * 9])
def test_what_is_no_picture_is_refused(junk: bytes) -> None:
    with pytest.raises(credentials.NotAPicture):
        credentials.read_picture(junk)


def test_a_cut_picture_a_bomb_and_a_huge_file_are_refused() -> None:
    whole = credentials.qr_png("Praya" * 100)
    with pytest.raises(credentials.NotAPicture):
        credentials.read_picture(whole[: len(whole) // 2])
    bomb = _bytes(Image.new("1", (9000, 9000)), "PNG")
    assert len(bomb) < 20_000
    with pytest.raises(credentials.NotAPicture, match="megapixels"):
        credentials.read_picture(bomb)
    with pytest.raises(credentials.NotAPicture, match="8 MB"):
        credentials.read_picture(whole + b"\0" * 8 * 1024 * 1024)
    with pytest.raises(credentials.NotAPicture):
        credentials.read_picture(_bytes(Image.new("RGB", (50, 50)), "GIF"))
