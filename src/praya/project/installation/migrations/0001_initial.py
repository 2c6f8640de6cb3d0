from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Installation',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('mode', models.CharField(max_length=12)),
                ('territory', models.CharField(max_length=64)),
                ('created_at', models.DateTimeField()),
                ('sampled_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='installation_one_row'), models.CheckConstraint(condition=models.Q(('mode__in', ['demo', 'preview', 'production', 'test'])), name='installation_mode')],
            },
        ),
    ]
