"""The page kit in a browser: axe, phones, keys, a strict content policy."""

import functools
import http.server
import shutil
import threading
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from tests.browser import axe
from tests.systems.gallery.test_kit import STATIC, TONGUES, gallery

pytestmark = pytest.mark.browser


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing of each request."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("kit")
    shutil.copytree(STATIC, folder / "static")
    for lang in TONGUES:
        (folder / f"{lang}.html").write_text(gallery(lang, person={"name": "CHAN Sample"}), encoding="utf-8")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


# Two of the twelve each time; the others with what takes long.
EVERYDAY = {("en", 1280, "light"), ("zh-hant", 360, "light")}
WAYS = [
    pytest.param(*way, marks=() if way in EVERYDAY else pytest.mark.size)
    for way in product(TONGUES, (360, 1280), ("light", "dark"))
]


@pytest.mark.parametrize(("lang", "width", "scheme"), WAYS)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    site: str, chromium: Any, lang: str, width: int, scheme: str
) -> None:
    page = chromium.new_page(viewport={"width": width, "height": 740}, color_scheme=scheme)
    page.goto(f"{site}/{lang}.html")
    # Colours and widths are the same in every language, and colours at every width.
    if (width, scheme) == (360, "light") or (lang == "en" and ["light", "dark"][width == 360] == scheme):
        assert axe.faults(page, colours=lang == "en") == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_axe_finds_what_is_wrong(chromium: Any) -> None:
    page = chromium.new_page()
    page.set_content("<html><body><main><img src='data:,'></main></body></html>")
    found = "\n".join(axe.faults(page))
    assert "image-alt: <img" in found
    assert "html-has-lang: <html" in found
    page.close()


def test_the_gallery_complains_of_nothing_under_a_strict_policy(site: str, chromium: Any) -> None:
    page = chromium.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'"

    def strictly(route: Any) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, headers={**answer.headers, "content-security-policy": policy})

    page.route("**/*.html", strictly)
    # The picture of the map is made by the platform, which does not run here.
    picture = '<svg xmlns="http://www.w3.org/2000/svg"/>'
    page.route("**/map.svg*", lambda route: route.fulfill(content_type="image/svg+xml", body=picture))
    page.goto(f"{site}/en.html")
    assert complaints == []
    assert page.evaluate("document.activeElement.className") == "error-summary"
    page.close()


def test_characters_are_counted_and_a_form_is_sent_once(site: str, chromium: Any) -> None:
    page = chromium.new_page()
    page.goto(f"{site}/en.html")
    page.fill("#why", "x" * 203)
    assert page.inner_text("#why-count") == "Characters too many: 3"
    page.fill("#why", "稻米")
    assert page.inner_text("#why-count") == "Characters left: 198"
    sent = page.evaluate(
        """() => {
          const form = document.getElementById("gallery-form");
          const press = () => form.dispatchEvent(new Event("submit", {cancelable: true}));
          return [press(), press()];
        }"""
    )
    assert sent == [True, False]
    page.close()


def test_the_enter_key_continues_and_removes_no_file(site: str, chromium: Any) -> None:
    page = chromium.new_page()
    page.goto(f"{site}/en.html")
    page.evaluate(
        """() => document.getElementById("gallery-form").addEventListener("submit", (event) => {
          event.preventDefault();
          document.title = "pressed:" + event.submitter.name;
        })"""
    )
    page.press("#mobile", "Enter")
    assert page.title() == "pressed:"
    page.close()


def test_targets_of_fingers_are_large_enough(site: str, chromium: Any) -> None:
    page = chromium.new_page(viewport={"width": 360, "height": 740})
    page.goto(f"{site}/zh-hant.html")
    small = page.evaluate(
        """() => [...document.querySelectorAll("main button:not(.vh), .input, .option, .languages a, .account a")]
          .filter((e) => e.offsetParent && e.getBoundingClientRect().height < 44)
          .map((e) => e.outerHTML.slice(0, 90))"""
    )
    assert small == []
    page.close()
