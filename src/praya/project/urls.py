"""Every address of the site."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("praya.project.health_urls")),
    path("", include("praya.web.urls")),
]

handler400 = "praya.web.errors.bad_request"
handler403 = "praya.web.errors.forbidden"
handler404 = "praya.web.errors.not_found"
handler500 = "praya.web.errors.failed"
