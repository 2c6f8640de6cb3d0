"""The address of the provider's description."""

from django.urls import URLPattern, path

from praya.systems.openid.pages import endpoints

urlpatterns: list[URLPattern] = [path("", endpoints.discovery)]
