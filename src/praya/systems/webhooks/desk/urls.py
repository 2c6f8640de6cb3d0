"""The addresses below `/<lang>/desk/`."""

from django.urls import URLPattern, path

from praya.systems.webhooks.desk import views

urlpatterns: list[URLPattern] = [
    path("webhooks", views.every),
    path("webhooks/<str:ref>", views.one),
    path("webhooks/<str:ref>/do", views.change),
]
