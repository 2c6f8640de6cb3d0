"""Content of the slots: a comment in the page, which tells the slot and its subject."""

from typing import Any

from django.http import HttpRequest
from markupsafe import Markup


def head(request: HttpRequest, language: str, **about: Any) -> Markup:
    return Markup("<!-- tide head {} -->").format(language)


def page_top(request: HttpRequest, language: str, **about: Any) -> Markup:
    return Markup("<!-- tide page_top {} -->").format(language)


def page_end(request: HttpRequest, language: str, **about: Any) -> Markup:
    return Markup("<!-- tide page_end {} -->").format(language)


def home(request: HttpRequest, language: str, **about: Any) -> Markup:
    return Markup("<!-- tide home {} -->").format(language)


def me(request: HttpRequest, language: str, **about: Any) -> Markup:
    return Markup("<!-- tide me {} -->").format(language)


def service(request: HttpRequest, language: str, **about: Any) -> Markup:
    return Markup("<!-- tide service {} -->").format(about["service"].service)


def draws(request: HttpRequest, language: str, **about: Any) -> Markup:
    return Markup("<!-- tide draws {} -->").format(about["service"].service)


def register(request: HttpRequest, language: str, **about: Any) -> Markup:
    return Markup("<!-- tide register {} -->").format(about["register"])


def case(request: HttpRequest, language: str, **about: Any) -> Markup:
    return Markup("<!-- tide case {} -->").format(about["case"].ref)


def community(request: HttpRequest, language: str, **about: Any) -> Markup:
    return Markup("<!-- tide community {} -->").format(about["community"])
