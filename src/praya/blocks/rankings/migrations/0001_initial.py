import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='RankingRow',
            fields=[
                ('ref', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('service', models.CharField(max_length=60)),
                ('state', models.CharField(max_length=60)),
                ('made_at', models.DateTimeField()),
                ('digest', models.CharField(max_length=64)),
                ('lines', models.TextField()),
            ],
            options={
                'db_table': 'rankings_ranking',
                'indexes': [models.Index(fields=['service', '-made_at'], name='rankings_of_service')],
            },
        ),
        migrations.CreateModel(
            name='PlaceRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('case_ref', models.CharField(max_length=20)),
                ('place', models.PositiveIntegerField()),
                ('place_in_class', models.PositiveIntegerField(null=True)),
                ('entries', models.PositiveIntegerField()),
                ('won', models.BooleanField()),
                ('cents', models.BigIntegerField(null=True)),
                ('ranking', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='places', to='rankings.rankingrow')),
            ],
            options={
                'db_table': 'rankings_place',
                'indexes': [models.Index(fields=['case_ref'], name='rankings_case')],
                'constraints': [models.UniqueConstraint(fields=('ranking', 'case_ref'), name='rankings_place_once')],
            },
        ),
    ]
