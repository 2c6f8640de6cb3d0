"""Tables of the cases block. Private."""

from django.db import models

OPEN = models.Q(closed_at__isnull=True)
CLOSED = models.Q(closed_at__isnull=False)
ASKED = models.Q(over_at__isnull=True)


class Case(models.Model):
    """One application. Answers and findings are encrypted for the person; other columns hold no personal data."""

    ref = models.CharField(max_length=20, primary_key=True)
    person_ref = models.CharField(max_length=32)
    service = models.CharField(max_length=60)
    version = models.PositiveIntegerField()
    department = models.CharField(max_length=60)
    language = models.CharField(max_length=10)
    state = models.CharField(max_length=60)
    state_since = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    waits_for_applicant = models.BooleanField(default=False)
    timer_at = models.DateTimeField(null=True)
    timers_done = models.PositiveIntegerField(default=0)
    # The end of the service's promise, since when the clock stands still, and when the clocks next have something to
    # do; what they had to do until `clock_done` is done. `reckoned` tells the calendar by which they were set.
    promise_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    clock_at = models.DateTimeField(null=True)
    clock_done = models.DateTimeField(null=True)
    reckoned = models.CharField(max_length=16, blank=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=20, blank=True)
    answers = models.BinaryField()
    findings = models.BinaryField(null=True)
    fees = models.TextField(default="[]")
    booking_ref = models.CharField(max_length=32, blank=True)
    subject_ref = models.CharField(max_length=32, blank=True)
    draw_ref = models.CharField(max_length=32, blank=True)
    rank = models.PositiveIntegerField(null=True)
    drawn_among = models.PositiveIntegerField(default=0)
    assigned_to = models.CharField(max_length=32, blank=True)
    revision = models.PositiveIntegerField(default=1)
    once_key = models.CharField(max_length=120, unique=True)
    fingerprint = models.CharField(max_length=64)
    searchable = models.BooleanField(default=False)

    class Meta:
        db_table = "cases_case"
        indexes = [
            # Each list of the desk is read along one of these indexes: a page costs the same with any number of cases.
            # Those that end in `service` hold every column that their list tests (a list leaves trials out): else
            # PostgreSQL finds it cheaper to sort a department's whole queue from an index that holds them.
            # The columns behind `ref` are those that filters test, which then read no row of the table.
            models.Index(
                fields=[
                    "department",
                    "due_at",
                    "ref",
                    "service",
                    "state",
                    "assigned_to",
                    "waits_for_applicant",
                    "opened_at",
                ],
                name="cases_queue",
                condition=OPEN,
            ),
            models.Index(
                fields=[
                    "department",
                    "opened_at",
                    "ref",
                    "service",
                    "state",
                    "assigned_to",
                    "waits_for_applicant",
                    "due_at",
                ],
                name="cases_aged",
                condition=OPEN,
            ),
            models.Index(
                fields=[
                    "department",
                    "service",
                    "due_at",
                    "ref",
                    "state",
                    "assigned_to",
                    "waits_for_applicant",
                    "opened_at",
                ],
                name="cases_queue_service",
                condition=OPEN,
            ),
            # These two are covering indexes for counts: they contain every column that counting needs.
            models.Index(
                fields=[
                    "department",
                    "service",
                    "state",
                    "due_at",
                    "ref",
                    "waits_for_applicant",
                    "assigned_to",
                    "opened_at",
                ],
                name="cases_queue_state",
                condition=OPEN,
            ),
            models.Index(fields=["department", "waits_for_applicant", "due_at"], name="cases_counted", condition=OPEN),
            models.Index(
                fields=[
                    "assigned_to",
                    "due_at",
                    "ref",
                    "department",
                    "service",
                    "state",
                    "waits_for_applicant",
                    "opened_at",
                ],
                name="cases_mine",
                condition=OPEN & ~models.Q(assigned_to=""),
            ),
            models.Index(fields=["service", "version"], name="cases_versions", condition=OPEN),
            models.Index(
                fields=["department", "closed_at", "ref", "service", "result", "opened_at"],
                name="cases_closed",
                condition=CLOSED,
            ),
            models.Index(
                fields=["department", "service", "closed_at", "ref", "result", "opened_at"],
                name="cases_closed_service",
                condition=CLOSED,
            ),
            models.Index(
                fields=["department", "service", "state", "closed_at", "ref", "result", "opened_at"],
                name="cases_closed_state",
                condition=CLOSED,
            ),
            models.Index(fields=["service", "result", "closed_at"], name="cases_retention", condition=CLOSED),
            models.Index(fields=["person_ref", "-opened_at"], name="cases_person"),
            models.Index(fields=["service", "state", "rank", "ref"], name="cases_service_state"),
            models.Index(fields=["timer_at"], name="cases_timers", condition=models.Q(timer_at__isnull=False)),
            models.Index(fields=["clock_at"], name="cases_clocks", condition=models.Q(clock_at__isnull=False)),
            models.Index(fields=["reckoned", "ref"], name="cases_reckoned", condition=OPEN & ~models.Q(reckoned="")),
            models.Index(fields=["booking_ref"], name="cases_booking", condition=~models.Q(booking_ref="")),
            models.Index(fields=["subject_ref"], name="cases_subject", condition=~models.Q(subject_ref="")),
            models.Index(fields=["draw_ref", "rank"], name="cases_draw", condition=~models.Q(draw_ref="")),
            models.Index(fields=["opened_at", "ref"], name="cases_unsearched", condition=models.Q(searchable=False)),
        ]


class Referral(models.Model):
    """A question to another department about a case, with its own deadline.

    The department may open the case until `over_at`, when it replied or the case ended. `sees` is the JSON list of the
    answers it may read; null when the definition names none. `service` is copied from the case, which spares lists a
    join.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="referrals")
    department = models.CharField(max_length=60)
    service = models.CharField(max_length=60)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    replied_at = models.DateTimeField(null=True)
    over_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=20, blank=True)
    comment = models.BinaryField(null=True)
    sees = models.TextField(null=True)
    # How long it has, and how long before the end it is reminded; whether it must answer; whether it is asked whose
    # matter the case is, and the department that it named.
    within = models.CharField(max_length=30, blank=True)
    remind = models.CharField(max_length=30, blank=True)
    binding = models.BooleanField(default=False)
    arbiter = models.BooleanField(default=False)
    belongs_to = models.CharField(max_length=60, blank=True)

    class Meta:
        db_table = "cases_referral"
        indexes = [
            models.Index(fields=["department", "due_at", "case", "service"], name="cases_asked", condition=ASKED),
            models.Index(
                fields=["department", "service", "due_at", "case"], name="cases_asked_service", condition=ASKED
            ),
            # Whether a case waits for a department: asked of each row of a list, so that none is listed twice.
            models.Index(fields=["case", "department"], name="cases_asked_case", condition=ASKED),
            models.Index(
                fields=["department", "replied_at", "case"],
                name="cases_replied",
                condition=models.Q(replied_at__isnull=False),
            ),
            models.Index(
                fields=["department", "service", "replied_at", "case"],
                name="cases_replied_service",
                condition=models.Q(replied_at__isnull=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "department"], name="cases_asked_once", condition=models.Q(replied_at__isnull=True)
            )
        ]


class Review(models.Model):
    """The findings of one of several reviewers, encrypted with the person's key.

    `since` identifies the stay in a state to which the review belongs (`rows.round_of`).
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="reviews")
    action = models.CharField(max_length=60)
    since = models.DateTimeField()
    actor = models.CharField(max_length=60)
    needed = models.PositiveIntegerField()
    given_at = models.DateTimeField()
    findings = models.BinaryField()
    text = models.BinaryField(null=True)

    class Meta:
        db_table = "cases_review"
        constraints = [models.UniqueConstraint(fields=["case", "since", "action", "actor"], name="cases_reviewed_once")]


class Use(models.Model):
    """What a case takes of a limit, in millionths. `key` is a keyed hash; the value behind it is not stored."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="uses")
    key = models.CharField(max_length=32)
    amount = models.BigIntegerField()
    until = models.DateTimeField(null=True)

    class Meta:
        db_table = "cases_use"
        indexes = [models.Index(fields=["key", "until"], name="cases_use_key")]


class SearchTerm(models.Model):
    """By what a department finds a case. `key` is a keyed hash; the word behind it is not stored.

    `opened_at` is copied from the case, so that hits are read along the index in their order.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="terms")
    department = models.CharField(max_length=60)
    key = models.CharField(max_length=32)
    opened_at = models.DateTimeField()

    class Meta:
        db_table = "cases_search"
        indexes = [models.Index(fields=["key", "opened_at", "case", "department"], name="cases_search_key")]


class Errand(models.Model):
    """What is still to be done to a case because of another one, once: an action, or a look at whether it goes on.

    `what` is the name of an action, or empty. It is deleted when it is done.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="errands")
    cause = models.CharField(max_length=20)
    what = models.CharField(max_length=60, blank=True)
    at = models.DateTimeField()
    once_key = models.CharField(max_length=160, unique=True)

    class Meta:
        db_table = "cases_errand"
        indexes = [
            models.Index(fields=["cause", "id"], name="cases_errand_cause"),
            models.Index(fields=["at", "id"], name="cases_errand_at"),
        ]


class View(models.Model):
    """A list of the desk that an officer saved: its filters and columns, and its name, which is encrypted.

    `department` is that with which it is shared; empty for the officer's own.
    """

    ref = models.CharField(max_length=32, primary_key=True)
    officer_ref = models.CharField(max_length=32)
    department = models.CharField(max_length=60, blank=True)
    name = models.BinaryField()
    filters = models.TextField()
    saved_at = models.DateTimeField()

    class Meta:
        db_table = "cases_view"
        indexes = [
            models.Index(fields=["officer_ref", "saved_at"], name="cases_view_officer"),
            models.Index(
                fields=["department", "saved_at"], name="cases_view_department", condition=~models.Q(department="")
            ),
        ]


class Draw(models.Model):
    """A draw. `tickets` are its published tickets in order, each followed by a line feed.

    They stay when the cases are deleted after their retention, so that a published draw can always be verified.
    """

    ref = models.CharField(max_length=32, primary_key=True)
    service = models.CharField(max_length=60)
    at = models.DateTimeField()
    tickets = models.TextField()

    class Meta:
        db_table = "cases_ballot"


class Step(models.Model):
    """One event in the history of a case. Text that somebody typed is encrypted with the person's key."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="steps")
    at = models.DateTimeField()
    kind = models.CharField(max_length=20)
    actor = models.CharField(max_length=60)
    department = models.CharField(max_length=60, blank=True)
    action = models.CharField(max_length=60, blank=True)
    to_state = models.CharField(max_length=60, blank=True)
    text = models.BinaryField(null=True)
    once_key = models.CharField(max_length=120, unique=True, null=True)

    class Meta:
        db_table = "cases_step"
        indexes = [models.Index(fields=["case", "id"], name="cases_history")]


class Export(models.Model):
    """A list of cases that an officer asked for as a file. It is made by the worker, and deleted after `until`."""

    ref = models.CharField(max_length=32, primary_key=True)
    officer_ref = models.CharField(max_length=32)
    departments = models.TextField()
    filters = models.TextField()
    view_ref = models.CharField(max_length=32, blank=True)
    language = models.CharField(max_length=10)
    kind = models.CharField(max_length=4)
    asked_at = models.DateTimeField()
    until = models.DateTimeField()
    state = models.CharField(max_length=10, default="waiting")
    rows = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "cases_export"
        indexes = [
            models.Index(fields=["officer_ref", "asked_at"], name="cases_export_officer"),
            models.Index(fields=["asked_at"], name="cases_export_waiting", condition=models.Q(state="waiting")),
            models.Index(fields=["until"], name="cases_export_until"),
        ]


class ExportPart(models.Model):
    """A part of an exported file, encrypted with the key of the officer who asked for it."""

    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        db_table = "cases_export_part"
        constraints = [models.UniqueConstraint(fields=["export", "number"], name="cases_export_part_once")]


class Batch(models.Model):
    """One action on many cases. `content` is what was answered and written, encrypted with the officer's key."""

    ref = models.CharField(max_length=32, primary_key=True)
    officer_ref = models.CharField(max_length=32)
    kind = models.CharField(max_length=10)
    service = models.CharField(max_length=60, blank=True)
    action = models.CharField(max_length=60, blank=True)
    content = models.BinaryField()
    source = models.TextField()
    state = models.CharField(max_length=10)
    mark = models.CharField(max_length=100, blank=True)
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "cases_batch"
        indexes = [
            models.Index(fields=["officer_ref", "asked_at"], name="cases_batch_officer"),
            models.Index(
                fields=["asked_at"], name="cases_batch_open",
                condition=models.Q(state__in=["gathering", "running", "undoing"]),
            ),
        ]  # fmt: skip


class BatchItem(models.Model):
    """A case of a batch. `revision` is the case's when it was looked at, `after` when the action had been done.

    `was` says how the case stood before, as JSON, and `findings` what was found before, for taking back; `after` is 0
    where nothing can be taken back.
    """

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="items")
    case_ref = models.CharField(max_length=20)
    revision = models.PositiveIntegerField()
    state = models.CharField(max_length=10)
    why = models.CharField(max_length=40, blank=True)
    after = models.PositiveIntegerField(default=0)
    was = models.TextField(blank=True)
    findings = models.BinaryField(null=True)

    class Meta:
        db_table = "cases_batch_item"
        indexes = [models.Index(fields=["batch", "state", "id"], name="cases_batch_items")]
        constraints = [models.UniqueConstraint(fields=["batch", "case_ref"], name="cases_batch_case_once")]
