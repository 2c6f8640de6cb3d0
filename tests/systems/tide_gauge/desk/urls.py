"""The addresses below `/<lang>/desk/`."""

from django.urls import path

from tide_gauge.desk import views

urlpatterns = [path("tides", views.note)]
