"""A department's machine that applies, reads and books over the HTTP API, for the tests of the API."""

import base64
import json
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from tests.published import AT, publish_pack, services_of_the_pack

from praya.blocks.tokens import api as access
from praya.definition.example import Example
from praya.definition.source import read
from praya.journey import draft_booking, load, samples
from praya.kernel import clock
from praya.kernel.crypto import vault

PACK = Path(__file__).parents[3] / "packs" / "hongkong"
ZONE = ZoneInfo("Asia/Hong_Kong")
EXAMPLES = sorted((PACK / "services").glob("*/examples/*.yaml"))


def story(service: str, example: str) -> Example:
    return Example.model_validate(read(PACK / "services" / service / "examples" / f"{example}.yaml").data)


class World:
    """The pack's services, tokens of three departments, and a clock that tests move."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = AT
        monkeypatch.setattr(clock, "now", lambda: self.now)
        forget()
        publish_pack()
        self.secrets = {
            department: access.issue(
                name=f"{department}-machine", department=department, scopes=access.known_scopes(), expires_at=None,
                at=self.now, by="operator",
            ).secret
            for department in sorted({"td", *(service.department for service in services_of_the_pack())})
        }  # fmt: skip
        self.client = Client()

    def token(self, *scopes: str, department: str = "fehd", **more: Any) -> str:
        name = f"{department}-{'-'.join(scopes)}"
        more = {"expires_at": None, **more}
        return access.issue(
            name=name, department=department, scopes=scopes, at=self.now, by="operator", **more
        ).secret  # fmt: skip

    def at(self, moment: datetime) -> None:
        self.now = moment if moment.tzinfo else moment.replace(tzinfo=ZONE)

    def headers(self, department: str | None, key: str = "", **more: str) -> dict[str, str]:
        found = {f"HTTP_{name.upper()}": value for name, value in more.items()}
        if department is not None:
            found["HTTP_AUTHORIZATION"] = f"Bearer {self.secrets.get(department, department)}"
        return {**found, "HTTP_IDEMPOTENCY_KEY": key} if key else found

    def get(self, path: str, department: str | None = None, **more: str) -> Any:
        return self.client.get(f"/api/v1/{path}", **self.headers(department, **more))

    def post(self, path: str, body: Any, department: str | None = None, key: str = "", **more: str) -> Any:
        data = body if isinstance(body, str | bytes) else json.dumps(body)
        return self.client.post(
            f"/api/v1/{path}", data, content_type="application/json", **self.headers(department, key, **more)
        )

    def application(self, service: str, example: str, email: str = "siu.ming@example.com") -> dict[str, Any]:
        """The body of an application that one of the pack's examples tells; the clock is set to its beginning."""
        told = story(service, example)
        self.at(told.starts)
        found = load.territory().service(service)
        draft_booking.make_pools(found, load.pack(), at=self.now)
        names = {name for name, question in found.questions.items() if question.type_name == "file"}
        files = {
            name: [
                {"name": title, "content_base64": base64.b64encode(samples.file(title)).decode()}
                for title in ([value] if isinstance(value, str) else value)
            ]
            for name, value in told.answers.items()
            if name in names
        }
        seats = [
            {"visit": seat.visit, "place": seat.place, "day": seat.day.isoformat()}
            | ({"time": f"{seat.time:%H:%M}"} if seat.time else {})
            for seat in told.book
        ]
        answers = json.loads(
            json.dumps({name: value for name, value in told.answers.items() if name not in names}, default=str)
        )
        return {
            "applicant": {"email": email, "language": told.language},
            "answers": answers,
            "files": files,
            "seats": seats,
        }

    def opened(self, service: str = "restaurant-licence", example: str = "licence-granted") -> dict[str, Any]:
        body = self.application(service, example)
        response = self.post(f"services/{service}/applications", body, self.owner(service), key="opened")
        assert response.status_code == 201, response.content.decode()
        found: dict[str, Any] = response.json()
        return found

    def owner(self, service: str) -> str:
        return load.territory().service(service).department


def forget() -> None:
    load.forget()
    vault.reset_memory()
    access.forget_memory()


def error(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.content.decode()
    assert response["Content-Type"] == "application/json"
    found: dict[str, Any] = response.json()["error"]
    assert set(found) == {"code", "message", "fields", "explanation", "request"}
    assert bool(found["explanation"]) == (code == "not_eligible")
    assert found["code"] == code
    assert found["message"]
    return found


def codes(found: dict[str, Any]) -> dict[str, str]:
    return {field["path"]: field["code"] for field in found["fields"]}
