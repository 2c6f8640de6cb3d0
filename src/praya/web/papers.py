"""Letters, and what was handed in, as PDF: made from what is stored when somebody asks, so nothing is stored twice."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse

from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.blocks.notices import api as notices
from praya.definition.form import Page
from praya.definition.service import Service
from praya.journey import load, lookups
from praya.journey.chapter import Picture
from praya.kernel.paper import making
from praya.kernel.paper.making import NoFont, Paper
from praya.web import display, rate_limits, who
from praya.web.words import translator

__all__ = ["NoFont", "copy", "copy_data", "letter"]


def letter(sent: notices.Notice, case: cases.Case, *, whom: str) -> HttpResponse:
    """A letter with its department's letterhead, in the language in which it was sent.

    Raises NoFont, rate_limits.TooMany by `whom`.
    """
    pack, language = load.pack(), sent.language
    t = translator(language)
    particulars = [
        (t("portal.reference"), case.ref),
        (t("portal.when"), display.day_words(sent.created_at, pack, language)),
    ]
    paper = _paper(
        case, sent.subject, language, particulars=particulars, paragraphs=[*sent.body.split("\n\n"), sent.replies]
    )
    return _answered(_made(paper, whom), f"{case.ref}-{sent.name}.pdf")


def copy(
    case: cases.Case,
    service: Service,
    picture: Picture,
    lang: str,
    *,
    whom: str,
    rows: Sequence[dict[str, Any]] | None = None,
) -> HttpResponse:
    """What was handed in: every question that was asked with its answer, fees and visits; `rows` stand for the answers.

    Raises NoFont, rate_limits.TooMany by `whom`.
    """
    return _answered(copy_data(case, service, picture, lang, whom=whom, rows=rows), f"{case.ref}.pdf")


def copy_data(
    case: cases.Case,
    service: Service,
    picture: Picture,
    lang: str,
    *,
    whom: str,
    rows: Sequence[dict[str, Any]] | None = None,
) -> bytes:
    """The PDF of `copy`. Raises NoFont, rate_limits.TooMany by `whom`."""
    pack, t = load.pack(), translator(lang)
    particulars = [
        (t("portal.reference"), case.ref),
        (t("portal.opened"), display.moment_words(case.opened_at, pack, lang)),
        (t("portal.state"), service.flow.states[case.state].label.in_(lang)),
        (t("portal.paper_made"), display.moment_words(who.now(), pack, lang)),
    ]
    names = {upload.ref: upload.name for upload in forms.uploads_of_case(case.ref)}
    names |= lookups.names(service, picture.answers, lang)
    asked: list[Page] = [page for page in service.form if page.when is None or page.when.holds(picture.context)]
    given = display.summary_of(asked, picture.answers, picture.context, lang, names=names) if rows is None else rows
    lines = [(str(row["key"]), _lines(row["value"])) for row in given]
    if visits := display.visit_lines(service, picture.booking, lang):
        lines.append((t("portal.your_booking"), visits))
    lines += [
        (row["label"], [row["amount"], row["became"]])
        for rows_of in (display.fee_rows, display.grant_rows)
        for row in rows_of(case.fees, lang, pack.currency)
    ]
    return _made(_paper(case, service.title.in_(lang), lang, particulars=particulars, rows=lines), whom)


def _lines(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list | tuple) else [str(value)]


def _paper(case: cases.Case, title: str, language: str, **more: Any) -> Paper:
    department, t = load.pack().departments[case.department], translator(language)
    return Paper(
        title=title,
        language=language,
        department=department.title.in_(language),
        letterhead=[line.in_(language) for line in department.letterhead],
        footer=case.ref,
        when_missing=t("portal.paper_missing", mark=making.GETA),
        **more,
    )


def _made(paper: Paper, whom: str) -> bytes:
    rate_limits.count("paper", whom)
    return making.make(paper, at=who.now()).data


def _answered(data: bytes, name: str) -> HttpResponse:
    response = HttpResponse(data, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
