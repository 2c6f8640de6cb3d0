import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='NoticeRow',
            fields=[
                ('ref', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('person_ref', models.CharField(max_length=40)),
                ('case_ref', models.CharField(blank=True, max_length=40)),
                ('service', models.CharField(blank=True, max_length=60)),
                ('name', models.CharField(max_length=60)),
                ('language', models.CharField(max_length=10)),
                ('content', models.BinaryField()),
                ('once_key', models.CharField(max_length=160, unique=True)),
                ('created_at', models.DateTimeField()),
                ('read_at', models.DateTimeField(null=True)),
                ('shortened', models.CharField(blank=True, default='', max_length=20)),
                ('appointments', models.TextField(blank=True, db_default='', default='')),
            ],
            options={
                'db_table': 'notices_notice',
                'indexes': [models.Index(fields=['person_ref', '-created_at'], name='notices_inbox'), models.Index(fields=['case_ref', 'created_at'], name='notices_of_case'), models.Index(condition=models.Q(('read_at__isnull', True)), fields=['person_ref'], name='notices_unread')],
            },
        ),
        migrations.CreateModel(
            name='DeliveryRow',
            fields=[
                ('ref', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('channel', models.CharField(max_length=10)),
                ('language', models.CharField(max_length=10)),
                ('message', models.BinaryField(null=True)),
                ('state', models.CharField(default='waiting', max_length=10)),
                ('failure', models.CharField(blank=True, max_length=40)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('created_at', models.DateTimeField()),
                ('sent_at', models.DateTimeField(null=True)),
                ('notice', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='notices.noticerow')),
            ],
            options={
                'db_table': 'notices_delivery',
                'indexes': [models.Index(fields=['-created_at'], name='notices_delivery_newest'), models.Index(condition=models.Q(('notice__isnull', True)), fields=['created_at'], name='notices_codes')],
            },
        ),
    ]
