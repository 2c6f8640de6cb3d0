import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Draft',
            fields=[
                ('ref', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('person_ref', models.CharField(max_length=32)),
                ('service', models.CharField(max_length=60)),
                ('version', models.PositiveIntegerField()),
                ('language', models.CharField(max_length=10)),
                ('answers', models.BinaryField()),
                ('typed', models.BinaryField(null=True)),
                ('seen', models.TextField(blank=True)),
                ('booking_ref', models.CharField(blank=True, max_length=32)),
                ('subject_ref', models.CharField(blank=True, max_length=32)),
                ('created_at', models.DateTimeField()),
                ('updated_at', models.DateTimeField()),
                ('case_ref', models.CharField(blank=True, max_length=20)),
                ('once_key', models.CharField(max_length=32, null=True, unique=True)),
                ('revision', models.PositiveIntegerField(default=0)),
                ('saved_from', models.TextField(blank=True, default='')),
                ('part', models.CharField(blank=True, max_length=32)),
                ('about_ref', models.CharField(blank=True, max_length=32)),
            ],
            options={
                'db_table': 'forms_draft',
                'indexes': [models.Index(fields=['person_ref', '-updated_at'], name='forms_draft_person'), models.Index(condition=models.Q(('part', ''), _negated=True), fields=['part'], name='forms_draft_part'), models.Index(condition=models.Q(('case_ref', '')), fields=['updated_at'], name='forms_draft_old'), models.Index(condition=models.Q(('case_ref', ''), _negated=True), fields=['case_ref'], name='forms_draft_case')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('case_ref', ''), ('once_key__isnull', True)), fields=('person_ref', 'service', 'version', 'subject_ref'), name='forms_one_open_draft')],
            },
        ),
        migrations.CreateModel(
            name='UntakenForm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('browser', models.CharField(max_length=32)),
                ('page', models.CharField(max_length=400)),
                ('sealed', models.BinaryField()),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'forms_untaken',
                'indexes': [models.Index(fields=['created_at'], name='forms_untaken_age')],
                'constraints': [models.UniqueConstraint(fields=('browser', 'page'), name='forms_untaken_page')],
            },
        ),
        migrations.CreateModel(
            name='Upload',
            fields=[
                ('ref', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('person_ref', models.CharField(max_length=32)),
                ('question', models.CharField(max_length=120)),
                ('name', models.BinaryField()),
                ('kind', models.CharField(max_length=10)),
                ('size', models.PositiveBigIntegerField()),
                ('state', models.CharField(default='quarantined', max_length=12)),
                ('created_at', models.DateTimeField()),
                ('looked_at', models.DateTimeField(null=True)),
                ('draft', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='uploads', to='forms.draft')),
            ],
            options={
                'db_table': 'forms_upload',
                'indexes': [models.Index(condition=models.Q(('state', 'quarantined')), fields=['created_at'], name='forms_unscanned'), models.Index(fields=['person_ref', 'created_at'], name='forms_upload_person')],
            },
        ),
    ]
