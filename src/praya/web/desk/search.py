"""Search for a case by its reference, in any spelling. The search is posted, so it is in no URL."""

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_http_methods

from praya.blocks.cases import api as cases
from praya.kernel.ids import read_reference
from praya.web import who
from praya.web.desk import reach
from praya.web.words import translator


@require_http_methods(["GET", "HEAD", "POST"])
@who.open_to("officer")
def show(request: HttpRequest, *, lang: str) -> HttpResponseBase:
    """Redirect to the case, or show that the officer's departments have no such case."""
    officer = who.officer(request)
    typed = request.POST.get("q", "")
    errors = []
    if request.method == "POST":
        ref = read_reference(typed)
        if ref is not None and _visible(ref, sorted(officer.departments)):
            return HttpResponseRedirect(f"/{lang}/desk/cases/{ref}")
        word = "missing" if not typed.strip() else "misread" if ref is None else "none"
        errors = [{"href": "#reference", "text": translator(lang)(f"desk.search_{word}")}]
    status = 422 if errors else 200
    return reach.page(request, "desk/search.html", lang, officer, "", status=status, typed=typed, errors=errors)


def _visible(ref: str, departments: list[str]) -> bool:
    try:
        cases.visible(ref, departments=departments)
    except cases.NoCase:
        return False
    return True
