"""The addresses of open data."""

from django.urls import URLPattern, path

from praya.web.open import views as open_data

urlpatterns: list[URLPattern] = [
    path("data/registers/<slug:service>/<slug:register>.csv", open_data.register_csv),
    path("data/registers/<slug:service>/<slug:register>.json", open_data.register_json),
    path("data/registers/<slug:service>/<slug:register>.schema.json", open_data.register_schema),
    path("data/statistics/<slug:service>.csv", open_data.figures_csv),
    path("data/statistics/<slug:service>.json", open_data.figures_json),
    path("data/ballots/<slug:service>.json", open_data.ballots_json),
    path("data/ballots/<slug:service>/<slug:draw>.txt", open_data.ballot_tickets),
]
