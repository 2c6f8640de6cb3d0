"""What test_toy does in a process of its own, with or without the toy: it asks for all that a system can bring."""

import io
import json
import sys
from contextlib import redirect_stdout
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from praya.project import cli, startup, wiring


def main() -> None:
    startup.ready_django()
    from django.conf import settings
    from django.http import HttpRequest
    from django.test import Client
    from django.test.utils import setup_test_environment

    from praya.blocks.identity import api as identity
    from praya.journey import load
    from praya.kernel import plug
    from praya.project import migration
    from praya.systems.search import api as search
    from praya.web import who

    setup_test_environment()
    at = datetime.now(UTC)
    migration.migrate(at=at, by="system")
    load.publish_pack(at=at, by="system")

    def signed_in(**whom: Any) -> Client:
        client, request = Client(), HttpRequest()
        request.session = import_module(settings.SESSION_ENGINE).SessionStore()
        who.begin_session(request, **whom)
        request.session.save()
        client.cookies[settings.SESSION_COOKIE_NAME] = request.session.session_key
        return client

    roles = frozenset({identity.Role("fehd", "officer")})
    officer = identity.add_officer(name="Officer", email="o@example.com", roles=roles, at=at, by="system")
    idle = identity.add_officer(name="Idle", email="i@example.com", roles=frozenset(), at=at, by="system")
    client, desk, nowhere = Client(), signed_in(officer=officer), signed_in(officer=idle)
    seen: dict[str, Any] = {"plugs": [one.name for one in plug.plugs()]}
    seen["page"] = {lang: client.get(f"/{lang}/toy-notes").status_code for lang in ("en", "zh-hant", "zh-hans")}
    seen["stranger"] = client.get("/en/desk/toy-notes").get("Location", client.get("/en/desk/toy-notes").status_code)
    seen["no_department"] = (
        nowhere.get("/en/desk/toy-notes").status_code, "/en/desk/toy-notes" in nowhere.get("/en/desk/").content.decode()
    )  # fmt: skip
    seen["empty_note"] = desk.post("/en/desk/toy-notes", {"text_en": "Only English", "text_zh": ""}).status_code
    note = {"text_en": "The pier is closed on Sunday", "text_zh": "碼頭星期日關閉"}
    seen["note"] = desk.post("/en/desk/toy-notes", note).status_code
    seen["read"] = {
        "en": "The pier is closed" in client.get("/en/toy-notes").content.decode(),
        "zh-hant": "碼頭星期日關閉" in client.get("/zh-hant/toy-notes").content.decode(),
        "zh-hans": "码头星期日关闭" in client.get("/zh-hans/toy-notes").content.decode(),
    }
    seen["home"] = "/en/toy-notes" in client.get("/en/").content.decode()
    seen["tab"] = "/en/desk/toy-notes" in desk.get("/en/desk/").content.decode()
    answer = client.get("/api/v1/toy-notes")
    seen["api"] = answer.json()["notes"][0]["text"] if answer.status_code == 200 else answer.status_code
    seen["described"] = "list_toy_notes" in client.get("/api/v1/openapi.json").content.decode()
    seen["explained"] = "list_toy_notes" in client.get("/en/api/").content.decode()
    search.keep()  # as the worker does within seconds
    search.forget()
    seen["search"] = "closed on Sunday" in client.get("/en/search?q=pier").content.decode()
    seen["parts"] = [part.name for part in wiring.parts() if "toy" in part.name]
    if seen["parts"]:
        wiring.tick(at=at)
    seen["tables"] = [name for name in _tables() if name.startswith("toy")]
    out = io.StringIO()
    with redirect_stdout(out):
        try:
            cli.main(["toy-notes"])
        except SystemExit:
            print("none: no such command")  # noqa: T201
    seen["command"] = out.getvalue().strip().split(" ", 1)[-1]
    Path(sys.argv[1]).write_text(json.dumps(seen, ensure_ascii=False), encoding="utf-8")


def _tables() -> list[str]:
    from django.db import connection

    return connection.introspection.table_names()


if __name__ == "__main__":
    main()
