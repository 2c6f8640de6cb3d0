"""Every address of the faces."""

from django.urls import URLPattern, URLResolver, include, path, register_converter

from praya.web.desk.urls import urlpatterns as desk
from praya.web.identity import views as identity
from praya.web.open import views as open_data
from praya.web.pages import Language
from praya.web.portal import apply, book, entries, home, maps, mine, notices, parts, public

register_converter(Language, "lang")

portal: list[URLPattern | URLResolver] = [
    path("", home.home),
    path("topics/<slug:topic>", home.topic),
    path("search", home.search),
    path("services/<slug:service>", home.service),
    path("services/<slug:service>/apply", apply.start),
    path("accessibility", home.standing, {"name": "accessibility"}),
    path("privacy", home.standing, {"name": "privacy"}),
    path("contact", home.standing, {"name": "contact"}),
    path("apply/<str:ref>/check", apply.check),
    path("apply/<str:ref>/stop", apply.stop),
    path("apply/<str:ref>/book", book.book),
    path("apply/<str:ref>/discard", apply.discard),
    path("apply/<str:ref>/<slug:page>", apply.page),
    path("me", mine.me),
    path("me/notices-read", mine.all_read),
    path("notices/<str:ref>", mine.notice),
    path("cases/<str:ref>", mine.case),
    path("cases/<str:ref>/submitted", mine.submitted),
    path("cases/<str:ref>/move", book.move),
    path("cases/<str:ref>/do/<slug:action>", mine.act),
    path("public-notices", notices.every),
    path("public-notices/<str:ref>", notices.show),
    path("entries/<str:ref>", entries.entry),
    path("cases/<str:ref>/parties/<str:invitation>", mine.readdress),
    path("parts/<str:ref>", parts.show),
    path("parts/<str:ref>/begin", parts.begin),
    path("parts/<str:ref>/check", parts.check),
    path("parts/<str:ref>/decline", parts.decline),
    path("parts/<str:ref>/files/<str:upload>", parts.file),
    path("parts/<str:ref>/<slug:page>", parts.page),
    path("records/<str:ref>", mine.record),
    path("records/<str:ref>/qr.svg", mine.record_picture, {"kind": "svg"}),
    path("records/<str:ref>/qr.png", mine.record_picture, {"kind": "png"}),
    path("track", public.track),
    path("verify", public.verify),
    path("registers", public.all_registers),
    path("registers/<slug:service>/<slug:register>", public.register),
    path("map.svg", maps.picture),
    path("statistics", public.all_figures),
    path("statistics/<slug:service>", public.figures),
    path("sign-in", identity.ask),
    path("sign-in/code", identity.code),
    path("sign-in/invented", identity.as_invented),
    path("sign-out", identity.out),
    path("session", identity.session),
    path("demo/messages", identity.messages),
    path("desk/sign-in", identity.ask, {"desk": True}),
    path("desk/sign-in/code", identity.code, {"desk": True}),
    path("desk/", include(desk)),
]

# What is asked for most is looked for first.
urlpatterns: list[URLPattern | URLResolver] = [
    path("<lang:lang>/", include(portal)),
    path("", home.root),
    path("", include("praya.web.api.urls")),
    path("v", public.scanned),
    path("kit", home.kit),
    path("<lang:lang>/kit", home.kit),
    path("data/registers/<slug:service>/<slug:register>.csv", open_data.register_csv),
    path("data/registers/<slug:service>/<slug:register>.json", open_data.register_json),
    path("data/registers/<slug:service>/<slug:register>.schema.json", open_data.register_schema),
    path("data/public-notices.json", notices.data),
    path("data/public-notices/<str:ref>.json", notices.data_of),
    path("data/statistics/<slug:service>.csv", open_data.figures_csv),
    path("data/statistics/<slug:service>.json", open_data.figures_json),
    path("data/ballots/<slug:service>.json", open_data.ballots_json),
    path("data/ballots/<slug:service>/<slug:draw>.txt", open_data.ballot_tickets),
    path(".well-known/praya/jwks.json", open_data.jwks),
    path(".well-known/praya/revoked.json", open_data.revoked),
    path(".well-known/praya/checkpoint", open_data.checkpoint),
    path(".well-known/praya/journal-key", open_data.journal_key),
]
