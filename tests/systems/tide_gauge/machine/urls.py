"""The addresses below `/tide-data/`."""

from django.urls import path

from tide_gauge.machine import views

urlpatterns = [path("heights.json", views.heights), path("private.json", views.private)]
