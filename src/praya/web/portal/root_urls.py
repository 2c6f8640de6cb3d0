"""The residents' addresses without a language, and the well-known addresses for verifying records and the journal."""

from django.urls import URLPattern, path

from praya.web.portal import home, notices, public, well_known

urlpatterns: list[URLPattern] = [
    path("", home.root),
    path("v", public.scanned),
    path("data/public-notices.json", notices.data),
    path("data/public-notices/<str:ref>.json", notices.data_of),
    path(".well-known/security.txt", well_known.security_txt),
    path(".well-known/praya/jwks.json", well_known.jwks),
    path(".well-known/praya/revoked.json", well_known.revoked),
    path(".well-known/praya/checkpoint", well_known.checkpoint),
    path(".well-known/praya/journal-key", well_known.journal_key),
]
