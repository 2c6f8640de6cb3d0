"""The address that takes the answer."""

from django.urls import URLPattern, path

from praya.systems.usefulness.pages import views

urlpatterns: list[URLPattern] = [path("services/<slug:service>/useful", views.useful)]
