from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='TokenRow',
            fields=[
                ('name', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('department', models.CharField(max_length=60)),
                ('scopes', models.CharField(max_length=60)),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField(null=True)),
                ('revoked_at', models.DateTimeField(null=True)),
                ('last_used_date', models.DateField(null=True)),
            ],
            options={
                'db_table': 'access_token',
            },
        ),
        migrations.CreateModel(
            name='AnsweredRow',
            fields=[
                ('key', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('payload', models.CharField(max_length=32)),
                ('status', models.PositiveSmallIntegerField(default=0)),
                ('body', models.TextField(default='')),
                ('answered_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'access_answered',
                'indexes': [models.Index(fields=['answered_at'], name='access_answered_at')],
            },
        ),
    ]
