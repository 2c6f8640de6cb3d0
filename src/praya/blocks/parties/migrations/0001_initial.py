from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='InvitationRow',
            fields=[
                ('ref', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('case_ref', models.CharField(max_length=20)),
                ('service', models.CharField(max_length=60)),
                ('version', models.PositiveIntegerField()),
                ('party', models.CharField(max_length=40)),
                ('number', models.PositiveIntegerField()),
                ('applicant_ref', models.CharField(max_length=32)),
                ('person_ref', models.CharField(blank=True, max_length=32)),
                ('state', models.CharField(default='waiting', max_length=10)),
                ('invited_at', models.DateTimeField()),
                ('lapses_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('letters', models.PositiveIntegerField(default=0)),
                ('answers', models.BinaryField(null=True)),
                ('reason', models.BinaryField(null=True)),
            ],
            options={
                'db_table': 'parties_invitation',
                'indexes': [models.Index(fields=['case_ref'], name='parties_case'), models.Index(fields=['person_ref', '-invited_at'], name='parties_person'), models.Index(condition=models.Q(('state', 'waiting')), fields=['lapses_at'], name='parties_lapsing')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'waiting')), fields=('case_ref', 'party', 'number'), name='parties_asked_once')],
            },
        ),
    ]
