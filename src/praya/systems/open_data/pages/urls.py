"""The addresses of statistics, below `/<lang>/statistics`."""

from django.urls import URLPattern, path

from praya.systems.open_data.pages import views

urlpatterns: list[URLPattern] = [
    path("statistics", views.all_figures),
    path("statistics/<slug:service>", views.figures),
]
