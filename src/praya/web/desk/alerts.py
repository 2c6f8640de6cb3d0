"""How often an officer gets an e-mail about what the clocks of cases told them."""

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_http_methods

from praya.blocks.cases import api as cases
from praya.web import who
from praya.web.desk import reach
from praya.web.words import translator


@require_http_methods(["GET", "HEAD", "POST"])
@who.open_to("officer")
def show(request: HttpRequest, *, lang: str) -> HttpResponseBase:
    """Show the choice, and save it. E-mails are written in the language of the page on which it was saved."""
    officer, t = who.officer(request), translator(lang)
    chosen: str = cases.alert_choices([officer.ref]).get(officer.ref, cases.AlertChoice()).often
    error = ""
    if request.method == "POST":
        often = next((one for one in cases.OFTEN if one == request.POST.get("often")), None)
        if often is not None:
            cases.choose_alerts(officer_ref=officer.ref, often=often, language=lang)
            return HttpResponseRedirect(f"/{lang}/desk/alerts?done=1")
        error, chosen = t("desk.alerts_missing"), ""
    return reach.page(
        request, "desk/alerts.html", lang, officer, "",
        status=422 if error else 200,
        chosen=chosen,
        options=[{"value": one, "label": t(f"desk.alerts_{one}")} for one in cases.OFTEN],
        done=t("desk.alerts_saved") if request.GET.get("done") == "1" else None,
        errors=[{"href": "#often", "text": error}] if error else [],
    )  # fmt: skip
