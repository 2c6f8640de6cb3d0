"""The addresses of communities, below `/<lang>/desk/`."""

from django.urls import URLPattern, path

from praya.web.communities import views

urlpatterns: list[URLPattern] = [
    path("communities", views.mine),
    path("communities/<slug:community>", views.show),
]
