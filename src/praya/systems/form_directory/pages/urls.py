"""The addresses of the directory of forms, below `/<lang>/forms`."""

from django.urls import URLPattern, path

from praya.systems.form_directory.pages import views

urlpatterns: list[URLPattern] = [
    path("forms", views.forms),
    path("forms/<slug:ref>", views.form),
]
