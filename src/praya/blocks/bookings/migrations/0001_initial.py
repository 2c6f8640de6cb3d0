import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Booking',
            fields=[
                ('ref', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('scheme', models.CharField(max_length=60)),
                ('person_ref', models.CharField(max_length=32)),
                ('status', models.CharField(max_length=10)),
                ('size', models.PositiveIntegerField()),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField(null=True)),
                ('once_key', models.CharField(max_length=120, unique=True)),
            ],
            options={
                'db_table': 'bookings_booking',
                'indexes': [models.Index(condition=models.Q(('status', 'held')), fields=['expires_at'], name='bookings_holds'), models.Index(fields=['person_ref'], name='bookings_person')],
            },
        ),
        migrations.CreateModel(
            name='Pool',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scheme', models.CharField(max_length=60)),
                ('place', models.CharField(max_length=60)),
                ('day', models.DateField()),
                ('clock', models.CharField(blank=True, max_length=5)),
                ('capacity', models.PositiveIntegerField()),
                ('taken', models.PositiveIntegerField(default=0)),
                ('closed', models.BooleanField(default=False)),
            ],
            options={
                'db_table': 'bookings_pool',
                'indexes': [models.Index(fields=['day', 'scheme', 'clock'], name='bookings_day')],
                'constraints': [models.UniqueConstraint(fields=('scheme', 'place', 'day', 'clock'), name='bookings_session'), models.CheckConstraint(condition=models.Q(('taken__lte', models.F('capacity'))), name='bookings_no_oversell')],
            },
        ),
        migrations.CreateModel(
            name='Seat',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('visit', models.CharField(max_length=60)),
                ('attended_at', models.DateTimeField(null=True)),
                ('booking', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='seats', to='bookings.booking')),
                ('pool', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='seats', to='bookings.pool')),
            ],
            options={
                'db_table': 'bookings_seat',
            },
        ),
        migrations.CreateModel(
            name='Holder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scheme', models.CharField(max_length=60)),
                ('holder', models.CharField(max_length=32)),
                ('active', models.BooleanField(default=True)),
                ('whose', models.CharField(blank=True, db_default='', default='', max_length=32)),
                ('booking', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='holders', to='bookings.booking')),
            ],
            options={
                'db_table': 'bookings_holder',
                'constraints': [models.UniqueConstraint(condition=models.Q(('active', True)), fields=('scheme', 'holder'), name='bookings_one_active')],
            },
        ),
    ]
