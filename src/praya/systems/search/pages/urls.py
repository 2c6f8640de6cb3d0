"""The addresses of the search, below `/<lang>/search`."""

from django.urls import URLPattern, path

from praya.systems.search.pages import views

urlpatterns: list[URLPattern] = [
    path("search", views.search),
    path("search/suggestions", views.suggestions),
    path("search/description.xml", views.description),
]
