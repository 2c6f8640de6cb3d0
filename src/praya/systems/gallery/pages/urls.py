"""The gallery's address, in a language and without one."""

from django.urls import URLPattern, path

from praya.systems.gallery.pages import views

urlpatterns: list[URLPattern] = [path("kit", views.gallery)]
