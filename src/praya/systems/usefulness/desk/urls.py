"""The address below `/<lang>/desk/`."""

from django.urls import URLPattern, path

from praya.systems.usefulness.desk import views

urlpatterns: list[URLPattern] = [path("usefulness", views.every)]
