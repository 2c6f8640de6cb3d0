"""The addresses below `/<lang>/`."""

from django.urls import URLPattern, path

from praya.systems.openid.pages import consent

urlpatterns: list[URLPattern] = [
    path("openid/<str:ref>", consent.arrive),
    path("openid/<str:ref>/answer", consent.decide),
    path("consents", consent.every),
    path("end-session", consent.leave),
]
