"""Saved views: the filters and columns of a list under a name, for an officer, or shared with a department."""

from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_http_methods, require_POST

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.journey import load
from praya.web import texts, who
from praya.web.desk import filters, queue, reach
from praya.web.words import translator

LONGEST_NAME = 60


@require_http_methods(["GET", "HEAD", "POST"])
@who.open_to("officer")
def every(request: HttpRequest, *, lang: str) -> HttpResponseBase:
    """The views that the officer may use; a post saves the list whose filters it carries."""
    officer = who.officer(request)
    if request.method != "POST":
        return _page(request, officer, lang)
    t, name = translator(lang), texts.searched(request.POST, "name", lang)
    fields = {key: request.POST.get(key, "") for key in filters.NAMES}
    shown = filters.valid(filters.read(fields, tab=queue.tab_of(fields["tab"], officer)), lang)
    error = name.error or ("" if name.text else t("desk.view_unnamed"))
    if not error and len(name.text) > LONGEST_NAME:
        error = t("portal.text_long", most=LONGEST_NAME, count=len(name.text))
    if error:
        return _page(request, officer, lang, error=error, typed=name.shown, kept=shown.query)
    try:
        view = cases.save_view(
            officer_ref=officer.ref, name=name.text, filters=shown.query, at=who.now(), by=f"officer:{officer.ref}"
        )
    except cases.TooManyViews:
        return _page(request, officer, lang, error=t("desk.view_too_many"), typed=name.shown, kept=shown.query)
    return HttpResponseRedirect(f"/{lang}/desk/?{urlencode({'view': view.ref, 'done': 'saved'})}")


@require_POST
@who.open_to("officer")
def change(request: HttpRequest, *, lang: str, view: str) -> HttpResponseBase:
    """Delete a view of one's own, or, as a supervisor, share it with a department or take it back."""
    officer, at, by = who.officer(request), who.now(), f"officer:{who.officer(request).ref}"
    department = request.POST.get("department", "")[:60]
    do = request.POST.get("do", "")
    if do not in {"delete", "share", "unshare"}:
        raise Http404(view)
    if do == "share" and department not in reach.supervised_by(officer):
        raise Http404(view)
    try:
        if do == "delete":
            cases.delete_view(ref=view, officer_ref=officer.ref, at=at, by=by)
        else:
            shared = department if do == "share" else ""
            cases.share_view(ref=view, officer_ref=officer.ref, department=shared, at=at, by=by)
    except cases.NoView:
        raise Http404(view) from None
    except cases.TooManyViews:
        return _page(request, officer, lang, error=translator(lang)("desk.view_too_many"))
    return HttpResponseRedirect(f"/{lang}/desk/views")


def _page(
    request: HttpRequest,
    officer: identity.Officer,
    lang: str,
    *,
    error: str = "",
    typed: str = "",
    kept: dict[str, str] | None = None,
) -> HttpResponse:
    pack = load.pack()
    supervised = reach.supervised_by(officer)
    rows = [
        {
            "ref": one.ref,
            "name": one.name,
            "url": f"/{lang}/desk/?{urlencode({'view': one.ref})}",
            "mine": one.officer_ref == officer.ref,
            "department": one.department,
            "shared": pack.departments[one.department].title.in_(lang) if one.department else "",
        }
        for one in cases.views(officer.ref, sorted(officer.departments))
    ]
    return reach.page(
        request,
        "desk/views.html",
        lang,
        officer,
        "",
        status=422 if error else 200,
        rows=rows,
        departments=[{"value": name, "label": pack.departments[name].title.in_(lang)} for name in supervised],
        typed=typed,
        kept=kept or {},
        errors=[{"href": "#name" if kept is not None else "#views", "text": error}] if error else [],
    )
