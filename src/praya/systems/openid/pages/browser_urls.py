"""The addresses to which clients send a browser."""

from django.urls import URLPattern, path

from praya.systems.openid.pages import consent

urlpatterns: list[URLPattern] = [path("authorize", consent.authorize), path("end-session", consent.end_session)]
