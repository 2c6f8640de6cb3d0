"""The address of the waiting room, below `/<lang>/`."""

from django.urls import URLPattern, path

from praya.web.waiting_room import views

urlpatterns: list[URLPattern] = [path("waiting-room/<slug:service>", views.wait)]
