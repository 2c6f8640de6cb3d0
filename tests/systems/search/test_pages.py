"""The page of the search, its suggestions and its description."""

import json
from xml.dom import minidom

import pytest
from django.test import Client

from praya.kernel.text import LANGUAGES
from praya.systems.search import api
from praya.systems.search.documents import Document

pytestmark = [pytest.mark.usefixtures("pack_is_live"), pytest.mark.django_db]


def page(query: str, lang: str = "en", **fields: str) -> str:
    response = Client().get(f"/{lang}/search", {"q": query, **fields})
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_result_links_to_what_was_found_and_marks_why(lang: str) -> None:
    html = page("restaurant licence 牌照", lang)
    assert f'href="/{lang}/services/restaurant-licence"' in html
    assert "<mark>" in html


def test_results_are_narrowed_by_links_and_widened_again() -> None:
    html = page("licence", kind="register")
    assert "services/restaurant-licence" not in html.split("<main")[1]
    assert "registers/restaurant-licence/licensed-restaurants" in html
    assert 'href="?q=licence">Remove' in html


def test_a_misspelt_word_is_read_as_the_nearest_and_said_so() -> None:
    assert "Results for “vaccination”" in page("vacination")


def test_nothing_found_offers_all_services() -> None:
    html = page("xyzzy")
    assert "Nothing was found for “xyzzy”" in html
    assert "services/street-fair" in html


def test_html_in_a_query_or_a_document_is_text(monkeypatch: pytest.MonkeyPatch) -> None:
    script = "<script>alert(1)</script>"
    assert script not in page(script)
    found = api.Found((Document("page", "a", {"en": f"A {script}"}, {"en": script}),), 1, frozenset({"script"}), {})
    monkeypatch.setattr(api, "find", lambda *_, **__: found)
    assert script not in page("script")


@pytest.mark.parametrize("fields", [{"from": "x"}, {"from": "99999"}, {"from": "-1"}, {"kind": "<b>"}, {"topic": "no"}])
def test_wrong_filters_and_pages_are_no_error(fields: dict[str, str]) -> None:
    page("licence", **fields)


def test_suggestions_have_the_form_of_opensearch() -> None:
    response = Client().get("/en/search/suggestions", {"q": "restaur"})
    query, titles, texts, urls = json.loads(response.content)
    assert query == "restaur"
    assert "Restaurant licence" in titles
    assert len(titles) == len(texts) == len(urls)
    assert all("/en/" in url for url in urls)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_browsers_find_the_description(lang: str) -> None:
    assert f'href="/{lang}/search/description.xml"' in Client().get(f"/{lang}/").content.decode()
    root = minidom.parseString(Client().get(f"/{lang}/search/description.xml").content)  # noqa: S318 (it is ours)
    templates = [one.getAttribute("template") for one in root.getElementsByTagName("Url")]
    assert [one.endswith("?q={searchTerms}") for one in templates] == [True, True]
    (name,) = root.getElementsByTagName("ShortName")
    assert 0 < len(name.firstChild.data) <= 16


def test_the_page_is_whole_while_the_index_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def not_yet(*_: object, **__: object) -> None:
        raise api.NotReady

    monkeypatch.setattr(api, "find", not_yet)
    html = page("licence")
    assert "The search is being prepared" in html
    assert "services/street-fair" in html


def test_a_damaged_index_is_built_in_memory_and_asked_for_anew(own_index: object) -> None:
    api.keep()
    (folder,) = [path for path in api.folder().iterdir() if path.is_dir()]
    next(folder.glob("*.store")).write_bytes(b"nothing")
    api.forget()
    assert "services/restaurant-licence" in page("restaurant licence")
    assert api.edition_on_disk() == ""
    assert api.keep() > 0
    assert api.is_whole()
