"""The addresses of the files, below `/data/`."""

from django.urls import URLPattern, path

from praya.systems.open_data.machine import files

urlpatterns: list[URLPattern] = [
    path("sets.json", files.every_set),
    path("registers/<slug:service>/<slug:register>.csv", files.register_csv),
    path("registers/<slug:service>/<slug:register>.json", files.register_json),
    path("registers/<slug:service>/<slug:register>.schema.json", files.register_schema),
    path("statistics/<slug:service>.csv", files.figures_csv),
    path("statistics/<slug:service>.json", files.figures_json),
    path("ballots/<slug:service>.json", files.ballots_json),
    path("ballots/<slug:service>/<slug:draw>.txt", files.ballot_tickets),
]
