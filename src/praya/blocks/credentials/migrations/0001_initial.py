from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='RecordRow',
            fields=[
                ('ref', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('person_ref', models.CharField(max_length=40)),
                ('case_ref', models.CharField(max_length=40)),
                ('about_ref', models.CharField(blank=True, max_length=60)),
                ('service', models.CharField(max_length=60)),
                ('name', models.CharField(max_length=60)),
                ('token', models.BinaryField()),
                ('signature_index', models.CharField(max_length=64)),
                ('once_key', models.CharField(max_length=160, unique=True)),
                ('issued_at', models.DateTimeField()),
                ('valid_until', models.DateField(null=True)),
                ('revoked_at', models.DateTimeField(null=True)),
                ('revoked_because', models.CharField(blank=True, max_length=200)),
                ('replaced_by', models.CharField(blank=True, max_length=32)),
            ],
            options={
                'db_table': 'credentials_record',
                'indexes': [models.Index(fields=['person_ref', '-issued_at'], name='credentials_of_person'), models.Index(fields=['case_ref'], name='credentials_of_case'), models.Index(condition=models.Q(('about_ref', ''), _negated=True), fields=['about_ref'], name='credentials_about'), models.Index(condition=models.Q(('revoked_at__isnull', False)), fields=['revoked_at'], name='credentials_revoked')],
            },
        ),
        migrations.CreateModel(
            name='SigningKey',
            fields=[
                ('kid', models.CharField(max_length=43, primary_key=True, serialize=False)),
                ('public', models.TextField()),
                ('private', models.BinaryField(null=True)),
                ('current', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField()),
                ('distrusted_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'credentials_key',
                'constraints': [models.UniqueConstraint(condition=models.Q(('current', True)), fields=('current',), name='credentials_one_key')],
            },
        ),
    ]
