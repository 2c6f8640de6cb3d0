"""The addresses behind the bar; included in a preview only."""

from django.urls import URLPattern, path

from praya.web.preview import views

urlpatterns: list[URLPattern] = [
    path("", views.home),
    path("edition", views.edition),
    path("person", views.person),
    path("date", views.date),
    path("fill", views.fill),
    path("page", views.page),
    path("state", views.state),
    path("afresh", views.afresh),
    path("story", views.story),
    path("flow", views.flow),
    path("flow.svg", views.flow_svg),
    path("width/<slug:width>", views.width),
]
