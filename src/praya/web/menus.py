"""The menus and slots of pages: the links and the content that plugs contribute to a place."""

from typing import Any

from django.http import HttpRequest
from markupsafe import Markup

from praya.kernel import plug
from praya.web.words import translator


def menu(place: plug.Place, language: str, whom: Any, **values: str) -> list[dict[str, str]]:
    """The links of a menu that `whom` may see, in order. `values` replace the names in braces in an address."""
    t = translator(language)
    return [
        {
            "name": entry.name,
            "text": t(entry.label),
            "lead": t(entry.lead) if entry.lead else "",
            "url": f"/{language}/{entry.to.format(**values)}",
        }
        for entry in plug.menu_entries(place)
        if plug.is_shown(entry, whom)
    ]


def slot_markup(place: plug.SlotName, request: HttpRequest, language: str, **about: Any) -> Markup:
    """The markup that plugs add to a slot of a page; empty where none does."""
    pieces = (content(request, language, **about) for content in plug.slots(place))
    return Markup("").join(Markup(piece) for piece in pieces)  # noqa: S704 (a slot promises safe markup)
