"""The address of the status page."""

from django.urls import URLPattern, path

from praya.systems.alerts.pages import views

urlpatterns: list[URLPattern] = [path("status", views.status)]
