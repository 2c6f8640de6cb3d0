"""The desk's addresses, below `/<lang>/desk/`."""

from django.urls import URLPattern, URLResolver, path

from praya.web.desk import (
    case,
    decisions,
    exports,
    files,
    notes,
    numbers,
    queue,
    referrals,
    registers,
    search,
    trials,
    views,
    visits,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("", queue.show),
    path("search", search.show),
    path("search/<token>", search.hits),
    path("views", views.every),
    path("views/<slug:view>", views.change),
    path("exports", exports.every),
    path("exports/<slug:export>", exports.fetch),
    path("numbers", numbers.show),
    path("trials", trials.show),
    path("trials/<slug:service>", trials.begin),
    path("cases/<ref>", case.show),
    path("cases/<ref>/do/<slug:action>", decisions.show),
    path("cases/<ref>/reply", referrals.show),
    path("cases/<ref>/notes", notes.add),
    path("cases/<ref>/assign", notes.assign),
    path("cases/<ref>/give", notes.give),
    path("cases/<ref>/files/<slug:upload>", files.download),
    path("replies", referrals.replies),
    path("replies/<int:number>", referrals.reply),
    path("registers", registers.every),
    path("registers/<slug:service>/<slug:register>", registers.show),
    path("registers/<slug:service>/<slug:register>/<entry>", registers.entry),
    path("bookings", visits.services),
    path("bookings/<slug:service>", visits.show),
    path("bookings/<slug:service>/attended", visits.attended),
    path("bookings/<slug:service>/opening", visits.opening),
]
