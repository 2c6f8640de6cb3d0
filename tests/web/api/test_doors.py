"""Every operation says who may use it and is kept to it; every refusal has one shape; nothing outside is fetched."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver
from tests.web.api.world import World, codes, error

from praya.blocks.tokens import api as access
from praya.kernel.text import LANGUAGES
from praya.web import urls as site
from praya.web.api import operations, urls
from praya.web.api.guards import AUDIENCES, METHODS, SCOPES, api, words_of
from praya.web.words import translator


def declared() -> dict[str, Any]:
    """Every operation that ninja knows, however it was declared."""
    return {
        operation.operation_id: operation
        for bound in api._get_bound_routers()
        for view in bound.path_operations.values()
        for operation in view.operations
    }


def patterns(found: list[URLPattern | URLResolver]) -> list[URLPattern]:
    return [p for each in found for p in ([each] if isinstance(each, URLPattern) else patterns(each.url_patterns))]


MACHINES = sorted(name for name, audience in AUDIENCES.items() if audience == "machine")


def test_every_operation_says_who_may_use_it_and_is_guarded_accordingly() -> None:
    found = declared()
    assert set(found) == set(AUDIENCES)
    for name, operation in found.items():
        assert AUDIENCES[name] in {"anyone", "machine"}
        (guard,) = operation.auth_callbacks
        assert (type(guard).__name__ == "Department") == (AUDIENCES[name] == "machine"), name
        if AUDIENCES[name] == "machine":
            assert guard.scope == SCOPES[name]
            assert guard.scope in access.known_scopes()
    served = patterns(urls.urlpatterns)
    assert all(getattr(pattern.callback, "open_to", None) in {"anyone", "machine"} for pattern in served)
    assert len(served) == len(METHODS) + 4
    assert set(served) <= set(patterns(site.urlpatterns))


def test_the_document_says_the_same() -> None:
    document = json.loads(operations.described()[0])
    assert document["openapi"].startswith("3.1")
    said = {
        details["operationId"]: details for methods in document["paths"].values() for details in methods.values()
    }  # fmt: skip
    assert set(said) == set(AUDIENCES)
    for name, details in said.items():
        assert ("security" in details) == (AUDIENCES[name] == "machine"), name
        assert details["summary"] == translator("en")(words_of(name))
        assert len(details["description"]) > 20
    assert {row["name"] for subject in operations._subjects() for row in subject["operations"]} == set(AUDIENCES)


def call(world: World, name: str, token: str | None, service: str, ref: str = "RL-2222-2222") -> Any:
    """Ask an operation with a body that it can take."""
    path, method = next((p, m) for p, methods in METHODS.items() for m, n in methods.items() if n == name)
    path = path.replace("{service}", service).replace("{ref}", ref)
    day = world.now.date().isoformat()
    bodies = {
        "apply": {"applicant": {"email": "a@example.com"}, "answers": {}},
        "check": {"answers": {}},
        "book": {"applicant": {"email": "a@example.com"}, "seats": [{"place": "x", "day": day}]},
        "move": {"seats": [{"place": "x", "day": day}]},
        "choose_time": {"action": "x", "seat": {"place": "x", "day": day}},
        "register_webhook": {"url": "https://system.example.org/"},
        "replay_webhook": {"sequence": 1},
    }
    headers = world.headers(token, key="k")
    return world.client.generic(
        method, f"/api/v1/{path}", json.dumps(bodies.get(name, {})), content_type="application/json", **headers
    )


@pytest.mark.parametrize("name", MACHINES)
def test_a_machine_needs_a_token_with_the_scope_that_still_opens(world: World, name: str) -> None:
    scope = SCOPES[name]
    refused = call(world, name, None, "restaurant-licence")
    error(refused, 401, "no_token")
    assert refused["WWW-Authenticate"] == "Bearer"
    for wrong in ("praya_" + "a" * 43, "", "praya_x", "käse", "Basic abc"):
        error(call(world, name, wrong, "restaurant-licence"), 401, "no_token")
    others = [other for other in access.known_scopes() if other != scope]
    narrow = call(world, name, world.token(*others), "restaurant-licence")
    error(narrow, 403, "wrong_scope")
    assert f'scope="{scope}"' in narrow["WWW-Authenticate"]
    short = world.token(scope, expires_at=world.now + timedelta(minutes=1))
    assert call(world, name, short, "restaurant-licence").status_code not in {401, 403}
    world.now += timedelta(minutes=1)
    error(call(world, name, short, "restaurant-licence"), 401, "no_token")
    world.now -= timedelta(minutes=1)
    access.revoke(name=f"fehd-{scope}", at=world.now, by="operator")
    error(call(world, name, short, "restaurant-licence"), 401, "no_token")


@pytest.mark.parametrize("name", MACHINES)
def test_no_machine_reaches_another_departments_services_cases_or_bookings(world: World, name: str) -> None:
    case = world.opened("vaccination-booking", "both-doses")
    ref = case["booking"] if name in {"give_back", "move"} else case["reference"]
    response = call(world, name, "td", "vaccination-booking", ref)
    if name == "list_applications":
        assert response.json()["applications"] == []
    elif name in {"list_webhooks", "register_webhook"}:
        # What is the department's own; webhooks of other departments are tried in tests/systems/webhooks.
        assert response.json().get("webhooks", []) == []
        assert case["reference"] not in response.content.decode()
    elif "{service}" in next(p for p, methods in METHODS.items() if name in methods.values()):
        error(response, 403, "other_department")
    else:
        # That it exists is not even hinted at: 404, as for a reference that was never given out.
        assert response.status_code == 404
        assert case["reference"] not in response.content.decode()


def test_no_cookie_opens_anything_and_no_form_of_another_site_does(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    session = client.session
    session["officer"] = session["person"] = "x" * 32
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    for name in MACHINES:
        path, method = next((p, m) for p, methods in METHODS.items() for m, n in methods.items() if n == name)
        path = path.replace("{service}", "restaurant-licence").replace("{ref}", "RL-2222-2222")
        assert client.generic(method, f"/api/v1/{path}", "{}", content_type="application/json").status_code == 401
    body = json.dumps({"record": "x"})
    assert client.post("/api/v1/records/verify", body, content_type="application/json").status_code == 200
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        error(client.generic("POST", "/api/v1/records/verify", body, content_type=kind), 415, "not_json")


def test_other_methods_and_addresses_are_answered_sanely(world: World) -> None:
    refused = world.client.put("/api/v1/services")
    error(refused, 405, "no_method")
    assert refused["Allow"] == "GET, HEAD, OPTIONS"
    options = world.client.options("/api/v1/services/restaurant-licence/applications")
    assert (options.status_code, options["Allow"]) == (204, "POST, OPTIONS")
    got, head = world.client.get("/api/v1/services"), world.client.head("/api/v1/services")
    assert (head.status_code, head.content, head["ETag"]) == (200, b"", got["ETag"])
    assert head["Content-Length"] == str(len(got.content))
    for path in ("/api/v1/nothing", "/api/v2/services", "/api/v1/services/", "/api/v1/services/a/b/c"):
        error(world.client.get(path), 404, "not_found")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "invalid"),
        (b"{", "not_json"),
        (b"\xff\xfe", "not_json"),
        (b'{"record": NaN}', "not_json"),
        (b'{"record": 1e999}', "not_json"),
        (b'{"record": ' + b"9" * 5000 + b"}", "not_json"),
        (b'{"record": "a", "record": "b"}', "not_json"),
        (b'{"record": ' + b"[" * 100_000 + b"}", "not_json"),
        (b'{"record": ' + b"[" * 50 + b"]" * 50 + b"}", "not_json"),
        (b'{"record": "a\\u0000b"}', "untyped_characters"),
        (b'{"record": "\\ud800"}', "untyped_characters"),
        (b'{"rec\\u0000ord": ""}', "untyped_characters"),
        (b"[]", "invalid"),
        (b"null", "invalid"),
        (b'{"record": 5}', "invalid"),
        (b'{"record": "a", "more": 1}', "invalid"),
    ],
)
def test_a_body_that_is_no_good_is_refused_with_a_reason(world: World, body: bytes, code: str) -> None:
    response = world.post("records/verify", body)
    error(response, 422 if code == "invalid" else 400, code)


def test_unknown_fields_are_named(world: World) -> None:
    body = world.application("return2hk", "family-returns")
    body["applicant"]["age"] = 3
    body["seats"][0]["row"] = "F"
    body["extra"] = True
    found = error(world.post("services/return2hk/applications", body, "dh", key="k"), 422, "invalid")
    assert codes(found) == dict.fromkeys(["applicant.age", "seats.0.row", "extra"], "unknown_field")


def test_only_files_may_be_larger_than_a_request(world: World) -> None:
    large = "a" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 10)
    error(world.post("records/verify", {"record": large}), 413, "too_large")
    body = world.application("restaurant-licence", "licence-granted")
    url = "services/restaurant-licence/applications"
    stuffed = {**body, "answers": {**body["answers"], "x": large}}
    error(world.post(url, stuffed, "fehd", key="k"), 413, "too_large")
    error(world.post("services/restaurant-licence/check", {"answers": {"x": large}}, "fehd"), 413, "too_large")
    error(world.post(url, stuffed, None, key="k"), 401, "no_token")
    name, (file, *_) = next(iter(body["files"].items()))
    padded = {**file, "content_base64": file["content_base64"].rstrip("=") + "A" * (len(large) // 4 * 4)}
    response = world.post(url, {**body, "files": {**body["files"], name: [padded]}}, "fehd", key="k")
    assert response.status_code in {201, 422}, "a large file is looked at, not refused for its size alone"


def test_what_breaks_inside_is_answered_without_a_word_about_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("secret: siu.ming@example.com")

    monkeypatch.setattr("praya.web.api.public.credentials.verify", broken)
    client = Client(raise_request_exception=False)
    response = client.post("/api/v1/records/verify", json.dumps({"record": "x"}), content_type="application/json")
    found = error(response, 500, "failed")
    assert found["request"] == response["X-Request-ID"]
    assert "secret" not in response.content.decode()
    assert "Traceback" not in response.content.decode()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_lists_every_operation_and_fetches_nothing_from_elsewhere(world: World, lang: str) -> None:
    html = world.client.get(f"/{lang}/api/").content.decode()
    for path, methods in METHODS.items():
        for method, name in methods.items():
            assert f"{method} /api/v1/{path}" in html
            assert f'id="{name}"' in html
    fetched = re.findall(r'(?:src|href)="(?:https?:)?//([^"]+)"', html)
    assert fetched == []
    assert "<style" not in html
    assert not re.search(r"<script(?![^>]*src=)", html)
    bare = world.client.get("/api/", headers={"accept-language": {"en": "en", "zh-hant": "zh-HK"}.get(lang, "zh-CN")})
    assert bare["Content-Language"] == world.client.get(f"/{lang}/api/")["Content-Language"]


def test_the_document_is_kept_by_its_etag(world: World) -> None:
    first = world.client.get("/api/v1/openapi.json")
    assert first.json()["info"]["title"] == "Praya"
    assert world.client.get("/api/v1/openapi.json", headers={"if-none-match": first["ETag"]}).status_code == 304
