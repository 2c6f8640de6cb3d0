import base64
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey
from joserfc.jws import JWSRegistry

from praya.blocks.credentials import rules

WYCHEPROOF = Path(__file__).parents[3] / "shared/data/vectors/wycheproof/ecdsa_secp256r1_sha256_p1363_test.json"
KID = "k" * rules.KID_LENGTH


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(
    header: dict[str, Any] | bytes, payload: dict[str, Any] | bytes = b'{"jti":"a"}', signature: bytes = b"s" * 64
) -> str:
    parts = [p if isinstance(p, bytes) else json.dumps(p).encode() for p in (header, payload)]
    return ".".join(b64(p) for p in [*parts, signature])


OURS = {"alg": "ES256", "typ": rules.TYPE, "kid": KID}


def test_a_token_as_we_write_it_is_taken_apart() -> None:
    parts = rules.take_apart(token(OURS, {"jti": "a", "ttl": {"zh-hant": "牌照"}}))
    assert parts == rules.Parts(KID, {"jti": "a", "ttl": {"zh-hant": "牌照"}}, b"s" * 64)


@pytest.mark.parametrize(
    "header",
    [
        OURS | {"alg": "none"},
        OURS | {"alg": "HS256"},
        OURS | {"alg": "es256"},
        OURS | {"jwk": {"kty": "EC"}},
        OURS | {"jku": "https://evil.example/keys"},
        OURS | {"x5c": ["MII"]},
        OURS | {"crit": ["b64"], "b64": False},
        OURS | {"kid": "../../etc/passwd"},
        OURS | {"kid": "' OR 1=1 --" + "k" * 32},
        OURS | {"kid": None},
        {"alg": "ES256", "typ": rules.TYPE},
        b'{"alg":"ES256","typ":"praya-record+jws","kid":"a","kid":"b"}',
    ],
)
def test_a_header_that_we_never_write_is_not_followed(header: Any) -> None:
    found = rules.take_apart(token(header))
    assert found in {"forged", "unreadable"}
    assert isinstance(header, bytes) or found == "forged"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "a.b",
        "a.b.c.d",
        "..",
        "HC1:6BF+70790T9WJWG.FKY*4GO0",
        token(OURS | {"typ": "JWT"}),
        token({"alg": "ES256", "kid": KID}),
        token(b"[]"),
        token(b"[" * 3000),
        token(OURS) + "=",
        token(OURS) + "\n",
        token(OURS, signature=b"s" * 63 + b"\x00\x00")[:-1] + "B",  # the same bytes by a lenient reader
        token(OURS, {"x": "a" * 9000}),
        "香.港.人",
    ],
)
def test_what_is_no_record_of_ours_is_unreadable(text: str) -> None:
    assert rules.take_apart(text) == "unreadable"


@given(
    st.text(max_size=300)
    | st.from_regex(r"[A-Za-z0-9_-]{0,90}\.[A-Za-z0-9_-]{0,90}\.[A-Za-z0-9_-]{0,90}", fullmatch=True)
)
def test_whatever_is_given_is_judged_without_an_error(text: str) -> None:
    assert isinstance(rules.take_apart(text), rules.Parts) or rules.take_apart(text) in {"forged", "unreadable"}


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=4), st.binary(min_size=1, max_size=70))
def test_only_one_text_stands_for_a_token(claims: dict[str, str], signature: bytes) -> None:
    written = token(OURS, claims, signature)
    assert rules.take_apart(written) == rules.Parts(KID, claims, signature)
    assert rules.take_apart(written + "=") == "unreadable"


def test_a_record_is_valid_through_the_whole_of_its_last_day_in_the_territory() -> None:
    assert rules.expires_at(date(2023, 1, 5), "Asia/Hong_Kong") == datetime(2023, 1, 5, 16, tzinfo=UTC)
    assert rules.expires_at(date(2024, 2, 29), "Asia/Hong_Kong") == datetime(2024, 2, 29, 16, tzinfo=UTC)
    # Where clocks change, the day is 23 hours long and still ends at midnight.
    assert rules.expires_at(date(2023, 3, 26), "Europe/London") == datetime(2023, 3, 26, 23, tzinfo=UTC)


@pytest.mark.real_data
@pytest.mark.skipif(not WYCHEPROOF.is_file(), reason="Project Wycheproof's vectors are not beside this checkout.")
def test_the_signature_check_agrees_with_wycheproof() -> None:
    algorithm = JWSRegistry.algorithms["ES256"]
    disagreed, counts = [], {"valid": 0, "invalid": 0}
    for group in json.loads(WYCHEPROOF.read_text("utf-8"))["testGroups"]:
        jwk = group.get("publicKeyJwk") or group.get("jwk")
        key = ECKey.import_key(jwk if jwk else group["publicKeyPem"])
        for case in group["tests"]:
            try:
                accepted = algorithm.verify(bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"]), key)
            except ValueError:
                accepted = False
            counts[case["result"]] += 1
            if accepted != (case["result"] == "valid"):
                disagreed.append((case["tcId"], case["comment"]))
    assert disagreed == []
    assert min(counts.values()) > 50
