"""Tables of the cases block. Private."""

from django.db import models

OPEN = models.Q(closed_at__isnull=True)
CLOSED = models.Q(closed_at__isnull=False)
OPEN_REFERRAL = models.Q(over_at__isnull=True)
_TESTED = ("assigned_to", "waits_for_applicant", "opened_at", "closed_at")


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
    # Whether an open case waits for somebody else than an officer of its department: it stands on no list of work.
    held = models.BooleanField(default=False)
    timer_at = models.DateTimeField(null=True)
    timers_done = models.PositiveIntegerField(default=0)
    # The end of the service's promise; since when the clock is suspended; when the clocks next have to act; the
    # moment up to which they have acted. `reckoned` is the mark of the calendar by which they were set.
    promise_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    clock_at = models.DateTimeField(null=True)
    clock_done = models.DateTimeField(null=True)
    reckoned = models.CharField(max_length=16, blank=True)
    # When the next payment is due that is made by itself, and up to which moment they were made.
    pay_at = models.DateTimeField(null=True)
    pay_done = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=20, blank=True)
    answers = models.BinaryField()
    findings = models.BinaryField(null=True)
    # The few answers that tell officers in a list what the case is about: JSON, encrypted for the person.
    line = models.BinaryField(null=True)
    fees = models.TextField(default="[]")
    booking_ref = models.CharField(max_length=32, blank=True)
    subject_ref = models.CharField(max_length=32, blank=True)
    # The case that opened this one; empty when somebody did.
    opened_from = models.CharField(max_length=20, blank=True)
    # As which of its opened cases: the name there, and `#` with the number of an item.
    opened_as = models.CharField(max_length=48, blank=True)
    # Since when a message of the applicant waits for an answer.
    message_at = models.DateTimeField(null=True)
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
            # They contain every column that their list tests, also `closed_at`, which SQLite otherwise reads from the
            # table although the index has open cases only. Otherwise PostgreSQL estimates that it is cheaper to sort
            # a department's whole queue from an index that contains them.
            models.Index(
                fields=["department", "held", "due_at", "ref", "service", "state", *_TESTED],
                name="cases_queue",
                condition=OPEN,
            ),
            models.Index(
                fields=[
                    "department",
                    "held",
                    "opened_at",
                    "ref",
                    "service",
                    "state",
                    "assigned_to",
                    "waits_for_applicant",
                    "due_at",
                    "closed_at",
                ],
                name="cases_aged",
                condition=OPEN,
            ),
            models.Index(
                fields=["department", "service", "held", "due_at", "ref", "state", *_TESTED],
                name="cases_queue_service",
                condition=OPEN,
            ),
            models.Index(
                fields=["department", "service", "state", "held", "due_at", "ref", *_TESTED],
                name="cases_queue_state",
                condition=OPEN,
            ),
            # These two are for counts.
            models.Index(
                fields=[
                    "department",
                    "assigned_to",
                    "service",
                    "waits_for_applicant",
                    "due_at",
                    "opened_at",
                    "ref",
                    "closed_at",
                ],
                name="cases_loads",
                condition=OPEN,
            ),
            models.Index(
                fields=["department", "waits_for_applicant", "due_at", "closed_at"],
                name="cases_counted",
                condition=OPEN,
            ),
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
                    "held",
                    "closed_at",
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
            models.Index(fields=["pay_at"], name="cases_payments", condition=models.Q(pay_at__isnull=False)),
            models.Index(fields=["reckoned", "ref"], name="cases_reckoned", condition=OPEN & ~models.Q(reckoned="")),
            models.Index(
                fields=["department", "message_at", "ref"],
                name="cases_messages",
                condition=models.Q(message_at__isnull=False),
            ),
            models.Index(fields=["booking_ref"], name="cases_booking", condition=~models.Q(booking_ref="")),
            models.Index(fields=["subject_ref"], name="cases_subject", condition=~models.Q(subject_ref="")),
            models.Index(fields=["opened_from"], name="cases_opened_from", condition=~models.Q(opened_from="")),
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
    # The time limit of the reply, and how long before its end a reminder is sent; whether the department must answer;
    # whether it is the arbiter, and the department to which it said the case belongs.
    within = models.CharField(max_length=30, blank=True)
    remind = models.CharField(max_length=30, blank=True)
    binding = models.BooleanField(default=False)
    arbiter = models.BooleanField(default=False)
    belongs_to = models.CharField(max_length=60, blank=True)

    class Meta:
        db_table = "cases_referral"
        indexes = [
            models.Index(
                fields=["department", "due_at", "case", "service"], name="cases_asked", condition=OPEN_REFERRAL
            ),
            models.Index(
                fields=["department", "service", "due_at", "case"], name="cases_asked_service", condition=OPEN_REFERRAL
            ),
            # Whether a case waits for a department. A list tests this for each row, so that no case is listed twice.
            models.Index(fields=["case", "department"], name="cases_asked_case", condition=OPEN_REFERRAL),
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


class Version(models.Model):
    """The findings of a case before an action changed them, encrypted with the person's key."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="versions")
    at = models.DateTimeField()
    actor = models.CharField(max_length=60)
    action = models.CharField(max_length=60)
    findings = models.BinaryField()

    class Meta:
        db_table = "cases_version"
        indexes = [models.Index(fields=["case", "id"], name="cases_versions_of")]


class Mention(models.Model):
    """An officer whom a note on a case names, and when they opened the case afterwards."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="mentions")
    officer_ref = models.CharField(max_length=32)
    actor = models.CharField(max_length=60)
    at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "cases_mention"
        indexes = [
            models.Index(fields=["officer_ref", "id"], name="cases_mention_of"),
            models.Index(fields=["officer_ref", "case"], name="cases_mention_unseen", condition=models.Q(seen_at=None)),
        ]


class Absence(models.Model):
    """An officer's absence. The row is deleted once their cases have been given back.

    It covers the cases of `departments` (a JSON list), which go to the deputy; without one, back to the queue.
    """

    officer_ref = models.CharField(max_length=32, unique=True)
    deputy_ref = models.CharField(max_length=32, blank=True)
    departments = models.TextField()
    from_at = models.DateTimeField()
    until_at = models.DateTimeField()

    class Meta:
        db_table = "cases_absence"
        indexes = [
            models.Index(fields=["deputy_ref", "until_at"], name="cases_absence_deputy"),
            models.Index(fields=["from_at"], name="cases_absence_begun"),
        ]


class Handed(models.Model):
    """A case that was assigned to another officer, or to nobody, because its officer is away."""

    absence = models.ForeignKey(Absence, on_delete=models.CASCADE, related_name="handed")
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="handed")
    to_ref = models.CharField(max_length=32, blank=True)

    class Meta:
        db_table = "cases_handed"
        constraints = [models.UniqueConstraint(fields=["absence", "case"], name="cases_handed_once")]


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
    """A key by which a department can find a case: a keyed hash. The word itself is not stored.

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
    """An action on a case that another case causes, to be performed once, or a check whether the case moves on.

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


class Alert(models.Model):
    """An alert of a clock about a case, for a role in a department, until its officers have received it by e-mail."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="alerts")
    department = models.CharField(max_length=60)
    role = models.CharField(max_length=40)
    kind = models.CharField(max_length=10)
    at = models.DateTimeField()

    class Meta:
        db_table = "cases_alert"
        indexes = [
            models.Index(fields=["department", "role", "id"], name="cases_alert_role"),
            models.Index(fields=["at"], name="cases_alert_at"),
        ]


class AlertChoice(models.Model):
    """How often an officer wants e-mails about alerts, in which language, and the last alert that was sent to them."""

    officer_ref = models.CharField(max_length=32, primary_key=True)
    often = models.CharField(max_length=10, default="daily")
    language = models.CharField(max_length=10, blank=True)
    told = models.BigIntegerField(default=0)
    told_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "cases_alert_choice"


class View(models.Model):
    """A list of the desk that an officer saved: its filters and columns, and its name, which is encrypted.

    It is shared with `department`; if that is empty, only its officer sees it.
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


class Entrant(models.Model):
    """The number of lots or points of a case in a draw, as text; `-` when it is unknown."""

    draw_ref = models.CharField(max_length=32)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="entrants")
    number = models.CharField(max_length=60)

    class Meta:
        db_table = "cases_entrant"
        constraints = [models.UniqueConstraint(fields=["draw_ref", "case"], name="cases_entrant_once")]


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
    """A list of cases that an officer requested as a file. The worker makes it, and deletes it after `until`."""

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
    """A part of an exported file, encrypted with the key of the officer who requested it."""

    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        db_table = "cases_export_part"
        constraints = [models.UniqueConstraint(fields=["export", "number"], name="cases_export_part_once")]


class Batch(models.Model):
    """One action on many cases. `content` holds its answers and texts, encrypted with the officer's key."""

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
    """A case in a batch. `revision` is the case's revision when it was checked, `after` the one after the action.

    `was` (JSON) and `findings` hold the status of the case before the action, so that it can be undone. `after` is 0
    when it cannot be undone.
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
