"""A list of forms: read, reported, imported, found and shown."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from bench._forms import forms
from django.conf import settings
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from tests.published import AT

from praya.kernel.journal.models import JournalEntry
from praya.kernel.text import LANGUAGES
from praya.project import cli
from praya.project.installation import stamp
from praya.systems.form_directory import api, rules
from praya.systems.search import api as search

pytestmark = [pytest.mark.usefixtures("pack_is_live"), pytest.mark.django_db]


def row(**changes: Any) -> dict[str, Any]:
    values = {
        f"{prefix}_{field}": f"{field} {prefix}" if field != "url" else f"https://forms.example/{prefix}"
        for prefix in ("en", "tc", "sc")
        for field in ("department", "title", "url")
    }
    return {name: value for name, value in {**values, **changes}.items() if value is not None}


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"en_url": "forms.example"}, "en_url is no address of the web"),
        ({"en_url": "javascript:alert(1)"}, "en_url is no address of the web"),
        ({"en_title": 3}, "en_title is no text"),
        ({"en_title": "x" * 301}, "en_title has more than 300 characters"),
        ({"en_title": None, "tc_title": None, "sc_title": None}, "it has no title"),
        ({"tc_title": "\ud800"}, "tc_title has a character that is none"),
    ],
)
def test_a_wrong_row_is_left_out_and_says_why(wrong: dict[str, Any], says: str) -> None:
    read, (finding,) = rules.read([row(**wrong)])
    assert read == []
    assert finding.refused
    assert says in finding.sentence


def test_missing_languages_are_filled_and_reported() -> None:
    (read,), findings = rules.read([row(sc_title=None, tc_url=None)])
    assert read.title["zh-hans"] == "title tc"
    assert read.address["zh-hant"] == "https://forms.example/en"
    assert [one.sentence for one in findings] == ["title lacks sc", "url lacks tc"]


def test_rows_twice_are_reported_and_one_is_taken() -> None:
    read, findings = rules.read([row(), row(), row(en_url="https://forms.example/other")])
    assert len(read) == 2
    assert "stands in an earlier row" in findings[0].sentence
    assert "stands in row 1 with another address" in findings[1].sentence


@given(
    st.recursive(
        st.none() | st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_anything_that_is_json_is_read_without_an_error(rows: Any) -> None:
    rules.read(rows)
    rules.read([row(en_title=rows, tc_url=rows)])


def test_an_import_replaces_the_directory_once_and_is_found() -> None:
    rows = list(forms(40))
    report = api.replace(rows, check_links=False, at=AT, by="system")
    assert (report.forms, report.changed, report.findings) == (40, True, [])
    assert api.replace(rows, check_links=False, at=AT, by="system").changed is False
    assert JournalEntry.objects.filter(event="forms_imported").count() == 1
    search.forget()
    found = search.find("renew dog licence").documents[0]
    assert found.title["en"] == "Renewal of dog licence"
    assert search.find("狗牌續期", only={"kind": "form"}).count
    for lang in LANGUAGES:
        html = Client().get(f"/{lang}/{found.url}").content.decode()
        assert found.title[lang] in html
        assert 'href="https://forms.example/' in html
    api.replace(rows[5:], check_links=False, at=AT, by="system")
    assert api.count() == 35
    assert Client().get(f"/en/{found.url}").status_code == 404
    assert api.replace([], check_links=False, at=AT, by="system").forms == 0
    assert api.count() == 35


def test_the_list_is_paged_and_the_home_page_leads_to_it_only_when_there_are_forms() -> None:
    assert "There are no forms here yet" in Client().get("/en/forms").content.decode()
    api.replace(list(forms(120)), check_links=False, at=AT, by="system")
    first = Client().get("/en/forms").content.decode()
    assert "120 forms" in first
    assert 'href="?after=49"' in first
    last = Client().get("/en/forms?after=99").content.decode()
    assert last.count('<li><a href="/en/forms/') == 20
    assert Client().get("/en/forms?after=nine").status_code == 200


@pytest.fixture
def server() -> Iterator[str]:
    class Answer(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response({"/gone": 404, "/moved": 302, "/no-head": 405}.get(self.path, 200))
            if self.path == "/moved":
                self.send_header("Location", "/gone")
            self.end_headers()

        do_GET = do_HEAD  # noqa: N815 (http.server calls it)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def test_dead_links_are_reported_with_their_row(server: str) -> None:
    paths = ["/there", "/gone", "/moved", "/no-head"]
    rows = [row(**{f"{lang}_url": f"{server}{path}" for lang in ("en", "tc", "sc")}, en_title=path) for path in paths]
    report = api.replace(rows, check_links=True, at=AT, by="system")
    assert [(one.row, "404" in one.sentence) for one in report.findings] == [(2, True), (3, True)]
    nobody = row(**{f"{lang}_url": "http://127.0.0.1:1/" for lang in ("en", "tc", "sc")})
    (finding,) = api.replace([nobody], check_links=True, at=AT, by="system").findings
    assert "no server answers there" in finding.sentence


def test_the_command_reports_and_imports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stamp.make(mode=settings.PRAYA.mode, territory="hongkong", at=AT)
    file = tmp_path / "forms.json"
    file.write_text(json.dumps([*forms(3), {"en_title": "No address"}]), "utf-8")
    assert cli.main(["import-forms", str(file)]) == 0
    out = capsys.readouterr().out
    assert "row 4: it has no department (left out)" in out
    assert "Imported 3 forms; 1 rows left out" in out
    assert cli.main(["import-forms", str(file), "--strict"]) == 1
    file.write_text("{", "utf-8")
    assert cli.main(["import-forms", str(file)]) == 1
    assert "is no JSON" in capsys.readouterr().err
