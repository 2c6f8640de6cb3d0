"""Tables of the bookings block. Private. A database constraint keeps `taken` within `capacity`."""

from django.db import models


class Pool(models.Model):
    """The places of one session, and how many of them are taken. `clock` is empty for a session of a whole day."""

    scheme = models.CharField(max_length=60)
    place = models.CharField(max_length=60)
    day = models.DateField()
    clock = models.CharField(max_length=5, blank=True)
    capacity = models.PositiveIntegerField()
    taken = models.PositiveIntegerField(default=0)
    closed = models.BooleanField(default=False)

    class Meta:
        db_table = "bookings_pool"
        constraints = [
            models.UniqueConstraint(fields=["scheme", "place", "day", "clock"], name="bookings_session"),
            models.CheckConstraint(condition=models.Q(taken__lte=models.F("capacity")), name="bookings_no_oversell"),
        ]
        indexes = [
            # The visits of a day are read along it, whatever the number of days that can be booked.
            models.Index(fields=["day", "scheme", "clock"], name="bookings_day"),
        ]


class Booking(models.Model):
    """A booking of `size` places per visit. `once_key` makes a repeated request harmless. No name is stored here."""

    ref = models.CharField(max_length=32, primary_key=True)
    scheme = models.CharField(max_length=60)
    person_ref = models.CharField(max_length=32)
    status = models.CharField(max_length=10)
    size = models.PositiveIntegerField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    once_key = models.CharField(max_length=120, unique=True)

    class Meta:
        db_table = "bookings_booking"
        indexes = [
            models.Index(fields=["expires_at"], name="bookings_holds", condition=models.Q(status="held")),
            models.Index(fields=["person_ref"], name="bookings_person"),
        ]


class Seat(models.Model):
    """One visit of a booking in one pool."""

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="seats")
    pool = models.ForeignKey(Pool, on_delete=models.PROTECT, related_name="seats")
    visit = models.CharField(max_length=60)
    attended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "bookings_seat"


class Holder(models.Model):
    """A blind index that only one active booking of a scheme may have: of a person, or of a person and a time.

    For a person and a time, `whose` is the blind index of the person alone, from which the indexes of the new times are
    computed when the booking is moved. It is empty for a person.
    """

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="holders")
    scheme = models.CharField(max_length=60)
    holder = models.CharField(max_length=32)
    active = models.BooleanField(default=True)
    # A database default as well: during an upgrade, processes of the previous version insert into the new tables.
    whose = models.CharField(max_length=32, blank=True, default="", db_default="")

    class Meta:
        db_table = "bookings_holder"
        constraints = [
            models.UniqueConstraint(
                fields=["scheme", "holder"], name="bookings_one_active", condition=models.Q(active=True)
            )
        ]
