"""The addresses of the files, below `/data/`."""

from django.urls import URLPattern, path

from praya.systems.open_data.machine import (
    data_set_list,
    draw_export,
    ranking_export,
    register_export,
    statistics_export,
)

urlpatterns: list[URLPattern] = [
    path("sets.json", data_set_list.every_set),
    path("registers/<slug:service>/<slug:register>.csv", register_export.register_csv),
    path("registers/<slug:service>/<slug:register>.json", register_export.register_json),
    path("registers/<slug:service>/<slug:register>.schema.json", register_export.register_schema),
    path("statistics/<slug:service>.csv", statistics_export.figures_csv),
    path("statistics/<slug:service>.json", statistics_export.figures_json),
    path("rankings/<slug:service>.json", ranking_export.rankings_json),
    path("ballots/<slug:service>.json", draw_export.ballots_json),
    path("ballots/<slug:service>/<slug:draw>.txt", draw_export.ballot_tickets),
]
