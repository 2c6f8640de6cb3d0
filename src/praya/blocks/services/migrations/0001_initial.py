from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Edition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('stamp', models.CharField(max_length=64)),
                ('popular', models.TextField(default='[]')),
            ],
            options={
                'db_table': 'services_edition',
            },
        ),
        migrations.CreateModel(
            name='Published',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('service', models.CharField(max_length=60)),
                ('version', models.PositiveIntegerField()),
                ('digest', models.CharField(max_length=64)),
                ('document', models.TextField()),
                ('published_at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('card', models.TextField(default='')),
                ('waits_for_all', models.BooleanField(default=False)),
            ],
            options={
                'db_table': 'services_published',
                'indexes': [models.Index(fields=['service', 'version', 'withdrawn_at'], name='services_standing'), models.Index(condition=models.Q(('waits_for_all', True)), fields=['service', 'version'], name='services_waits_for_all')],
                'constraints': [models.UniqueConstraint(fields=('service', 'version'), name='services_version')],
            },
        ),
    ]
