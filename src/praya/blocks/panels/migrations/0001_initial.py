import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='ConflictRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('case_ref', models.CharField(max_length=20)),
                ('person_ref', models.CharField(max_length=32)),
                ('applicant_ref', models.CharField(max_length=32)),
                ('declared_at', models.DateTimeField()),
                ('reason', models.BinaryField(null=True)),
            ],
            options={
                'db_table': 'panels_conflict',
                'indexes': [models.Index(fields=['person_ref'], name='panels_conflict_person')],
                'constraints': [models.UniqueConstraint(fields=('case_ref', 'person_ref'), name='panels_conflict_once')],
            },
        ),
        migrations.CreateModel(
            name='MemberRow',
            fields=[
                ('ref', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('panel_ref', models.CharField(max_length=32)),
                ('person_ref', models.CharField(max_length=32)),
                ('chair', models.BooleanField(default=False)),
                ('invited', models.BooleanField(default=False)),
                ('added_at', models.DateTimeField()),
                ('left_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'panels_member',
                'indexes': [models.Index(fields=['person_ref'], name='panels_member_person')],
                'constraints': [models.UniqueConstraint(fields=('panel_ref', 'person_ref'), name='panels_member_once')],
            },
        ),
        migrations.CreateModel(
            name='RoundRow',
            fields=[
                ('ref', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('panel_ref', models.CharField(max_length=32)),
                ('service', models.CharField(max_length=60)),
                ('version', models.PositiveIntegerField()),
                ('state', models.CharField(max_length=60)),
                ('opened_at', models.DateTimeField()),
                ('closes_at', models.DateTimeField()),
                ('blind', models.BooleanField(default=True)),
                ('closed_at', models.DateTimeField(null=True)),
                ('went_on_at', models.DateTimeField(null=True)),
                ('digest', models.CharField(blank=True, max_length=64)),
            ],
            options={
                'db_table': 'panels_round',
                'indexes': [models.Index(fields=['panel_ref', '-opened_at'], name='panels_round_panel'), models.Index(fields=['service', '-opened_at'], name='panels_round_service'), models.Index(condition=models.Q(('closed_at__isnull', True)), fields=['closes_at'], name='panels_round_open')],
            },
        ),
        migrations.CreateModel(
            name='EntryRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('case_ref', models.CharField(max_length=20)),
                ('applicant_ref', models.CharField(max_length=32)),
                ('version', models.PositiveIntegerField()),
                ('number', models.PositiveIntegerField()),
                ('left_at', models.DateTimeField(null=True)),
                ('score', models.CharField(blank=True, max_length=40)),
                ('spread', models.CharField(blank=True, max_length=40)),
                ('given', models.PositiveIntegerField(default=0)),
                ('means', models.TextField(default='{}')),
                ('set_score', models.CharField(blank=True, max_length=40)),
                ('set_by', models.CharField(blank=True, max_length=60)),
                ('set_at', models.DateTimeField(null=True)),
                ('reason', models.BinaryField(null=True)),
                ('round', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='entries', to='panels.roundrow')),
            ],
            options={
                'db_table': 'panels_entry',
            },
        ),
        migrations.CreateModel(
            name='SeatRow',
            fields=[
                ('ref', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('round_ref', models.CharField(max_length=32)),
                ('person_ref', models.CharField(max_length=32)),
                ('number', models.PositiveIntegerField()),
                ('state', models.CharField(default='given', max_length=10)),
                ('given_at', models.DateTimeField()),
                ('marked_at', models.DateTimeField(null=True)),
                ('said', models.BinaryField(null=True)),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='seats', to='panels.entryrow')),
            ],
            options={
                'db_table': 'panels_seat',
            },
        ),
        migrations.AddIndex(
            model_name='entryrow',
            index=models.Index(fields=['case_ref'], name='panels_entry_case'),
        ),
        migrations.AddConstraint(
            model_name='entryrow',
            constraint=models.UniqueConstraint(fields=('round', 'case_ref'), name='panels_entry_once'),
        ),
        migrations.AddConstraint(
            model_name='entryrow',
            constraint=models.UniqueConstraint(fields=('round', 'number'), name='panels_entry_number'),
        ),
        migrations.AddIndex(
            model_name='seatrow',
            index=models.Index(fields=['round_ref', 'person_ref', 'state'], name='panels_seat_person'),
        ),
        migrations.AddConstraint(
            model_name='seatrow',
            constraint=models.UniqueConstraint(fields=('entry', 'person_ref'), name='panels_seat_once'),
        ),
        migrations.AddConstraint(
            model_name='seatrow',
            constraint=models.UniqueConstraint(fields=('entry', 'number'), name='panels_seat_number'),
        ),
    ]
