from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='SubjectKey',
            fields=[
                ('subject', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('wrapped', models.BinaryField()),
                ('master', models.CharField(max_length=40)),
            ],
            options={
                'db_table': 'crypto_subject_key',
                'indexes': [models.Index(fields=['master'], name='crypto_master')],
            },
        ),
    ]
