import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='EntryRow',
            fields=[
                ('ref', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('number', models.CharField(max_length=20, unique=True)),
                ('item', models.PositiveSmallIntegerField(default=0)),
                ('service', models.CharField(max_length=60)),
                ('register', models.CharField(max_length=60)),
                ('case_ref', models.CharField(max_length=40)),
                ('holder_ref', models.CharField(blank=True, max_length=32)),
                ('facts', models.TextField()),
                ('sealed', models.BinaryField(null=True)),
                ('searched', models.TextField()),
                ('marks', models.TextField(blank=True)),
                ('stands_by', models.CharField(max_length=120)),
                ('from_date', models.DateField()),
                ('until_date', models.DateField(null=True)),
                ('entered_at', models.DateTimeField()),
                ('struck_at', models.DateTimeField(null=True)),
                ('struck_because', models.CharField(blank=True, max_length=200)),
                ('struck_case', models.CharField(blank=True, max_length=40)),
                ('remind_on', models.DateField(null=True)),
                ('reminded', models.PositiveSmallIntegerField(default=0)),
                ('once_key', models.CharField(max_length=160, unique=True)),
                ('values', models.TextField(default='{}')),
                ('unique_key', models.CharField(max_length=40, null=True)),
            ],
            options={
                'db_table': 'registers_entry',
                'indexes': [models.Index(fields=['service', 'register', 'stands_by', 'ref'], name='registers_in_order'), models.Index(fields=['case_ref'], name='registers_of_case'), models.Index(fields=['holder_ref', '-entered_at'], name='registers_of_holder'), models.Index(condition=models.Q(('remind_on__isnull', False)), fields=['remind_on'], name='registers_remind'), models.Index(fields=['holder_ref', 'service', 'register', '-entered_at'], name='registers_own')],
                'constraints': [models.UniqueConstraint(fields=('service', 'register', 'unique_key'), name='registers_unique')],
            },
        ),
        migrations.CreateModel(
            name='EarlierRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(default='amended', max_length=20)),
                ('case_ref', models.CharField(blank=True, max_length=40)),
                ('holder_ref', models.CharField(blank=True, max_length=32)),
                ('facts', models.TextField()),
                ('sealed', models.BinaryField(null=True)),
                ('from_date', models.DateField()),
                ('until_date', models.DateField(null=True)),
                ('amended_at', models.DateTimeField()),
                ('values', models.TextField(default='{}')),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='earlier', to='registers.entryrow')),
            ],
            options={
                'db_table': 'registers_earlier',
            },
        ),
        migrations.CreateModel(
            name='KeyRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('service', models.CharField(max_length=60)),
                ('register', models.CharField(max_length=60)),
                ('facts', models.CharField(max_length=200)),
                ('key', models.CharField(max_length=40)),
                ('number', models.DecimalField(decimal_places=6, max_digits=28, null=True)),
                ('is_sealed', models.BooleanField(default=False)),
                ('until_date', models.DateField()),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='keys', to='registers.entryrow')),
            ],
            options={
                'db_table': 'registers_key',
                'indexes': [models.Index(fields=['service', 'register', 'facts', 'key', 'until_date'], name='registers_key_of'), models.Index(condition=models.Q(('number__isnull', False)), fields=['service', 'register', 'facts', 'key', 'number'], name='registers_key_number')],
            },
        ),
    ]
