import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='AlertChoice',
            fields=[
                ('officer_ref', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('often', models.CharField(default='daily', max_length=10)),
                ('language', models.CharField(blank=True, max_length=10)),
                ('told', models.BigIntegerField(default=0)),
                ('told_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'cases_alert_choice',
            },
        ),
        migrations.CreateModel(
            name='Draw',
            fields=[
                ('ref', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('service', models.CharField(max_length=60)),
                ('at', models.DateTimeField()),
                ('tickets', models.TextField()),
            ],
            options={
                'db_table': 'cases_ballot',
            },
        ),
        migrations.CreateModel(
            name='Absence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('officer_ref', models.CharField(max_length=32, unique=True)),
                ('deputy_ref', models.CharField(blank=True, max_length=32)),
                ('departments', models.TextField()),
                ('from_at', models.DateTimeField()),
                ('until_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'cases_absence',
                'indexes': [models.Index(fields=['deputy_ref', 'until_at'], name='cases_absence_deputy'), models.Index(fields=['from_at'], name='cases_absence_begun')],
            },
        ),
        migrations.CreateModel(
            name='Batch',
            fields=[
                ('ref', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('officer_ref', models.CharField(max_length=32)),
                ('kind', models.CharField(max_length=10)),
                ('service', models.CharField(blank=True, max_length=60)),
                ('action', models.CharField(blank=True, max_length=60)),
                ('content', models.BinaryField()),
                ('source', models.TextField()),
                ('state', models.CharField(max_length=10)),
                ('mark', models.CharField(blank=True, max_length=100)),
                ('asked_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'cases_batch',
                'indexes': [models.Index(fields=['officer_ref', 'asked_at'], name='cases_batch_officer'), models.Index(condition=models.Q(('state__in', ['gathering', 'running', 'undoing'])), fields=['asked_at'], name='cases_batch_open')],
            },
        ),
        migrations.CreateModel(
            name='Case',
            fields=[
                ('ref', models.CharField(max_length=20, primary_key=True, serialize=False)),
                ('person_ref', models.CharField(max_length=32)),
                ('service', models.CharField(max_length=60)),
                ('version', models.PositiveIntegerField()),
                ('department', models.CharField(max_length=60)),
                ('language', models.CharField(max_length=10)),
                ('state', models.CharField(max_length=60)),
                ('state_since', models.DateTimeField()),
                ('due_at', models.DateTimeField(null=True)),
                ('waits_for_applicant', models.BooleanField(default=False)),
                ('held', models.BooleanField(default=False)),
                ('timer_at', models.DateTimeField(null=True)),
                ('timers_done', models.PositiveIntegerField(default=0)),
                ('promise_at', models.DateTimeField(null=True)),
                ('stopped_at', models.DateTimeField(null=True)),
                ('clock_at', models.DateTimeField(null=True)),
                ('clock_done', models.DateTimeField(null=True)),
                ('reckoned', models.CharField(blank=True, max_length=16)),
                ('pay_at', models.DateTimeField(null=True)),
                ('pay_done', models.DateTimeField(null=True)),
                ('opened_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(null=True)),
                ('result', models.CharField(blank=True, max_length=20)),
                ('answers', models.BinaryField()),
                ('findings', models.BinaryField(null=True)),
                ('line', models.BinaryField(null=True)),
                ('fees', models.TextField(default='[]')),
                ('booking_ref', models.CharField(blank=True, max_length=32)),
                ('subject_ref', models.CharField(blank=True, max_length=32)),
                ('opened_from', models.CharField(blank=True, max_length=20)),
                ('draw_ref', models.CharField(blank=True, max_length=32)),
                ('rank', models.PositiveIntegerField(null=True)),
                ('drawn_among', models.PositiveIntegerField(default=0)),
                ('assigned_to', models.CharField(blank=True, max_length=32)),
                ('revision', models.PositiveIntegerField(default=1)),
                ('once_key', models.CharField(max_length=120, unique=True)),
                ('fingerprint', models.CharField(max_length=64)),
                ('searchable', models.BooleanField(default=False)),
            ],
            options={
                'db_table': 'cases_case',
                'indexes': [models.Index(condition=models.Q(('closed_at__isnull', True)), fields=['department', 'held', 'due_at', 'ref', 'service', 'state', 'assigned_to', 'waits_for_applicant', 'opened_at', 'closed_at'], name='cases_queue'), models.Index(condition=models.Q(('closed_at__isnull', True)), fields=['department', 'held', 'opened_at', 'ref', 'service', 'state', 'assigned_to', 'waits_for_applicant', 'due_at', 'closed_at'], name='cases_aged'), models.Index(condition=models.Q(('closed_at__isnull', True)), fields=['department', 'service', 'held', 'due_at', 'ref', 'state', 'assigned_to', 'waits_for_applicant', 'opened_at', 'closed_at'], name='cases_queue_service'), models.Index(condition=models.Q(('closed_at__isnull', True)), fields=['department', 'service', 'state', 'held', 'due_at', 'ref', 'assigned_to', 'waits_for_applicant', 'opened_at', 'closed_at'], name='cases_queue_state'), models.Index(condition=models.Q(('closed_at__isnull', True)), fields=['department', 'assigned_to', 'service', 'waits_for_applicant', 'due_at', 'opened_at', 'ref', 'closed_at'], name='cases_loads'), models.Index(condition=models.Q(('closed_at__isnull', True)), fields=['department', 'waits_for_applicant', 'due_at', 'closed_at'], name='cases_counted'), models.Index(condition=models.Q(('closed_at__isnull', True), models.Q(('assigned_to', ''), _negated=True)), fields=['assigned_to', 'due_at', 'ref', 'department', 'service', 'state', 'waits_for_applicant', 'opened_at', 'held', 'closed_at'], name='cases_mine'), models.Index(condition=models.Q(('closed_at__isnull', True)), fields=['service', 'version'], name='cases_versions'), models.Index(condition=models.Q(('closed_at__isnull', False)), fields=['department', 'closed_at', 'ref', 'service', 'result', 'opened_at'], name='cases_closed'), models.Index(condition=models.Q(('closed_at__isnull', False)), fields=['department', 'service', 'closed_at', 'ref', 'result', 'opened_at'], name='cases_closed_service'), models.Index(condition=models.Q(('closed_at__isnull', False)), fields=['department', 'service', 'state', 'closed_at', 'ref', 'result', 'opened_at'], name='cases_closed_state'), models.Index(condition=models.Q(('closed_at__isnull', False)), fields=['service', 'result', 'closed_at'], name='cases_retention'), models.Index(fields=['person_ref', '-opened_at'], name='cases_person'), models.Index(fields=['service', 'state', 'rank', 'ref'], name='cases_service_state'), models.Index(condition=models.Q(('timer_at__isnull', False)), fields=['timer_at'], name='cases_timers'), models.Index(condition=models.Q(('clock_at__isnull', False)), fields=['clock_at'], name='cases_clocks'), models.Index(condition=models.Q(('pay_at__isnull', False)), fields=['pay_at'], name='cases_payments'), models.Index(condition=models.Q(('closed_at__isnull', True), models.Q(('reckoned', ''), _negated=True)), fields=['reckoned', 'ref'], name='cases_reckoned'), models.Index(condition=models.Q(('booking_ref', ''), _negated=True), fields=['booking_ref'], name='cases_booking'), models.Index(condition=models.Q(('subject_ref', ''), _negated=True), fields=['subject_ref'], name='cases_subject'), models.Index(condition=models.Q(('opened_from', ''), _negated=True), fields=['opened_from'], name='cases_opened_from'), models.Index(condition=models.Q(('draw_ref', ''), _negated=True), fields=['draw_ref', 'rank'], name='cases_draw'), models.Index(condition=models.Q(('searchable', False)), fields=['opened_at', 'ref'], name='cases_unsearched')],
            },
        ),
        migrations.CreateModel(
            name='Export',
            fields=[
                ('ref', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('officer_ref', models.CharField(max_length=32)),
                ('departments', models.TextField()),
                ('filters', models.TextField()),
                ('view_ref', models.CharField(blank=True, max_length=32)),
                ('language', models.CharField(max_length=10)),
                ('kind', models.CharField(max_length=4)),
                ('asked_at', models.DateTimeField()),
                ('until', models.DateTimeField()),
                ('state', models.CharField(default='waiting', max_length=10)),
                ('rows', models.PositiveIntegerField(default=0)),
            ],
            options={
                'db_table': 'cases_export',
                'indexes': [models.Index(fields=['officer_ref', 'asked_at'], name='cases_export_officer'), models.Index(condition=models.Q(('state', 'waiting')), fields=['asked_at'], name='cases_export_waiting'), models.Index(fields=['until'], name='cases_export_until')],
            },
        ),
        migrations.CreateModel(
            name='View',
            fields=[
                ('ref', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('officer_ref', models.CharField(max_length=32)),
                ('department', models.CharField(blank=True, max_length=60)),
                ('name', models.BinaryField()),
                ('filters', models.TextField()),
                ('saved_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'cases_view',
                'indexes': [models.Index(fields=['officer_ref', 'saved_at'], name='cases_view_officer'), models.Index(condition=models.Q(('department', ''), _negated=True), fields=['department', 'saved_at'], name='cases_view_department')],
            },
        ),
        migrations.CreateModel(
            name='BatchItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('case_ref', models.CharField(max_length=20)),
                ('revision', models.PositiveIntegerField()),
                ('state', models.CharField(max_length=10)),
                ('why', models.CharField(blank=True, max_length=40)),
                ('after', models.PositiveIntegerField(default=0)),
                ('was', models.TextField(blank=True)),
                ('findings', models.BinaryField(null=True)),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='items', to='cases.batch')),
            ],
            options={
                'db_table': 'cases_batch_item',
                'indexes': [models.Index(fields=['batch', 'state', 'id'], name='cases_batch_items')],
                'constraints': [models.UniqueConstraint(fields=('batch', 'case_ref'), name='cases_batch_case_once')],
            },
        ),
        migrations.CreateModel(
            name='Alert',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('department', models.CharField(max_length=60)),
                ('role', models.CharField(max_length=40)),
                ('kind', models.CharField(max_length=10)),
                ('at', models.DateTimeField()),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='alerts', to='cases.case')),
            ],
            options={
                'db_table': 'cases_alert',
                'indexes': [models.Index(fields=['department', 'role', 'id'], name='cases_alert_role'), models.Index(fields=['at'], name='cases_alert_at')],
            },
        ),
        migrations.CreateModel(
            name='Entrant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('draw_ref', models.CharField(max_length=32)),
                ('number', models.CharField(max_length=60)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='entrants', to='cases.case')),
            ],
            options={
                'db_table': 'cases_entrant',
                'constraints': [models.UniqueConstraint(fields=('draw_ref', 'case'), name='cases_entrant_once')],
            },
        ),
        migrations.CreateModel(
            name='Errand',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('cause', models.CharField(max_length=20)),
                ('what', models.CharField(blank=True, max_length=60)),
                ('at', models.DateTimeField()),
                ('once_key', models.CharField(max_length=160, unique=True)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='errands', to='cases.case')),
            ],
            options={
                'db_table': 'cases_errand',
                'indexes': [models.Index(fields=['cause', 'id'], name='cases_errand_cause'), models.Index(fields=['at', 'id'], name='cases_errand_at')],
            },
        ),
        migrations.CreateModel(
            name='ExportPart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('data', models.BinaryField()),
                ('export', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='cases.export')),
            ],
            options={
                'db_table': 'cases_export_part',
                'constraints': [models.UniqueConstraint(fields=('export', 'number'), name='cases_export_part_once')],
            },
        ),
        migrations.CreateModel(
            name='Handed',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('to_ref', models.CharField(blank=True, max_length=32)),
                ('absence', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='handed', to='cases.absence')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='handed', to='cases.case')),
            ],
            options={
                'db_table': 'cases_handed',
                'constraints': [models.UniqueConstraint(fields=('absence', 'case'), name='cases_handed_once')],
            },
        ),
        migrations.CreateModel(
            name='Mention',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('officer_ref', models.CharField(max_length=32)),
                ('actor', models.CharField(max_length=60)),
                ('at', models.DateTimeField()),
                ('seen_at', models.DateTimeField(null=True)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mentions', to='cases.case')),
            ],
            options={
                'db_table': 'cases_mention',
                'indexes': [models.Index(fields=['officer_ref', 'id'], name='cases_mention_of'), models.Index(condition=models.Q(('seen_at', None)), fields=['officer_ref', 'case'], name='cases_mention_unseen')],
            },
        ),
        migrations.CreateModel(
            name='Referral',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('department', models.CharField(max_length=60)),
                ('service', models.CharField(max_length=60)),
                ('asked_at', models.DateTimeField()),
                ('due_at', models.DateTimeField(null=True)),
                ('replied_at', models.DateTimeField(null=True)),
                ('over_at', models.DateTimeField(null=True)),
                ('result', models.CharField(blank=True, max_length=20)),
                ('comment', models.BinaryField(null=True)),
                ('sees', models.TextField(null=True)),
                ('within', models.CharField(blank=True, max_length=30)),
                ('remind', models.CharField(blank=True, max_length=30)),
                ('binding', models.BooleanField(default=False)),
                ('arbiter', models.BooleanField(default=False)),
                ('belongs_to', models.CharField(blank=True, max_length=60)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='referrals', to='cases.case')),
            ],
            options={
                'db_table': 'cases_referral',
                'indexes': [models.Index(condition=models.Q(('over_at__isnull', True)), fields=['department', 'due_at', 'case', 'service'], name='cases_asked'), models.Index(condition=models.Q(('over_at__isnull', True)), fields=['department', 'service', 'due_at', 'case'], name='cases_asked_service'), models.Index(condition=models.Q(('over_at__isnull', True)), fields=['case', 'department'], name='cases_asked_case'), models.Index(condition=models.Q(('replied_at__isnull', False)), fields=['department', 'replied_at', 'case'], name='cases_replied'), models.Index(condition=models.Q(('replied_at__isnull', False)), fields=['department', 'service', 'replied_at', 'case'], name='cases_replied_service')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('replied_at__isnull', True)), fields=('case', 'department'), name='cases_asked_once')],
            },
        ),
        migrations.CreateModel(
            name='Review',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('action', models.CharField(max_length=60)),
                ('since', models.DateTimeField()),
                ('actor', models.CharField(max_length=60)),
                ('needed', models.PositiveIntegerField()),
                ('given_at', models.DateTimeField()),
                ('findings', models.BinaryField()),
                ('text', models.BinaryField(null=True)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reviews', to='cases.case')),
            ],
            options={
                'db_table': 'cases_review',
                'constraints': [models.UniqueConstraint(fields=('case', 'since', 'action', 'actor'), name='cases_reviewed_once')],
            },
        ),
        migrations.CreateModel(
            name='SearchTerm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('department', models.CharField(max_length=60)),
                ('key', models.CharField(max_length=32)),
                ('opened_at', models.DateTimeField()),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='terms', to='cases.case')),
            ],
            options={
                'db_table': 'cases_search',
                'indexes': [models.Index(fields=['key', 'opened_at', 'case', 'department'], name='cases_search_key')],
            },
        ),
        migrations.CreateModel(
            name='Step',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('kind', models.CharField(max_length=20)),
                ('actor', models.CharField(max_length=60)),
                ('department', models.CharField(blank=True, max_length=60)),
                ('action', models.CharField(blank=True, max_length=60)),
                ('to_state', models.CharField(blank=True, max_length=60)),
                ('text', models.BinaryField(null=True)),
                ('once_key', models.CharField(max_length=120, null=True, unique=True)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='cases.case')),
            ],
            options={
                'db_table': 'cases_step',
                'indexes': [models.Index(fields=['case', 'id'], name='cases_history')],
            },
        ),
        migrations.CreateModel(
            name='Use',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=32)),
                ('amount', models.BigIntegerField()),
                ('until', models.DateTimeField(null=True)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='uses', to='cases.case')),
            ],
            options={
                'db_table': 'cases_use',
                'indexes': [models.Index(fields=['key', 'until'], name='cases_use_key')],
            },
        ),
        migrations.CreateModel(
            name='Version',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('actor', models.CharField(max_length=60)),
                ('action', models.CharField(max_length=60)),
                ('findings', models.BinaryField()),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='cases.case')),
            ],
            options={
                'db_table': 'cases_version',
                'indexes': [models.Index(fields=['case', 'id'], name='cases_versions_of')],
            },
        ),
    ]
