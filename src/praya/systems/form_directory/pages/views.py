"""The list of forms, and the page of one, which leads to it."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from praya.systems.form_directory import api
from praya.web import pages, who

ON_A_PAGE = 50


@who.open_to("anyone")
def forms(request: HttpRequest, *, lang: str) -> HttpResponse:
    """The forms in the order of the list, by pages; the search finds one of them sooner."""
    after = request.GET.get("after", "")
    position = int(after) if after.isascii() and after.isdigit() and len(after) < 9 else -1
    rows = api.page(position, ON_A_PAGE + 1)
    shown = rows[:ON_A_PAGE]
    return pages.page(
        request, "form_directory/forms.html", lang,
        forms=[_link(form, lang) for _, form in shown], count=f"{api.count():,}",
        previous=None if position < 0 else f"?after={position - ON_A_PAGE}" if position >= ON_A_PAGE else request.path,
        next=f"?after={shown[-1][0]}" if len(rows) > ON_A_PAGE else None,
    )  # fmt: skip


@who.open_to("anyone")
def form(request: HttpRequest, *, lang: str, ref: str) -> HttpResponse:
    """A form: whose it is, and where."""
    found = api.form(ref)
    if found is None:
        raise Http404(ref)
    return pages.page(
        request, "form_directory/form.html", lang,
        title=found.title[lang], department=found.department[lang], address=found.address[lang],
    )  # fmt: skip


def _link(form: Any, lang: str) -> dict[str, str]:
    return {"title": form.title[lang], "text": form.department[lang], "url": f"/{lang}/forms/{form.ref}"}


def has_forms(_request: HttpRequest) -> bool:
    """Whether there is a list to lead to."""
    return bool(api.edition())
