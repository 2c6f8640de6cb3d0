"""The addresses below `/<lang>/desk/`."""

from django.urls import URLPattern, path

from praya.systems.openid.desk import views

urlpatterns: list[URLPattern] = [
    path("clients", views.every),
    path("clients/<str:ref>", views.one),
    path("clients/<str:ref>/do", views.change),
]
