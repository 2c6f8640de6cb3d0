"""The addresses below `/<lang>/`."""

from django.urls import path

from tide_gauge.pages import views

urlpatterns = [path("tides", views.show), path("tides/charts", views.charts)]
