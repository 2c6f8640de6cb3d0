import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='OfficerRow',
            fields=[
                ('ref', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('name', models.BinaryField()),
                ('email', models.BinaryField()),
                ('email_index', models.CharField(max_length=32, unique=True)),
                ('epoch', models.PositiveIntegerField(default=0)),
                ('created_at', models.DateTimeField()),
                ('left_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'identity_officer',
            },
        ),
        migrations.CreateModel(
            name='Challenge',
            fields=[
                ('ref', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('email', models.BinaryField()),
                ('email_index', models.CharField(max_length=32)),
                ('number', models.PositiveIntegerField()),
                ('code_index', models.CharField(max_length=32)),
                ('language', models.CharField(max_length=10)),
                ('for_officer', models.BooleanField()),
                ('known', models.BooleanField(default=False)),
                ('network_index', models.CharField(default='', max_length=32)),
                ('created_at', models.DateTimeField(db_index=True)),
                ('expires_at', models.DateTimeField()),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('used_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'identity_challenge',
                'constraints': [models.UniqueConstraint(fields=('email_index', 'number'), name='identity_challenge_once')],
            },
        ),
        migrations.CreateModel(
            name='PersonRow',
            fields=[
                ('ref', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('email', models.BinaryField(null=True)),
                ('email_index', models.CharField(max_length=32, null=True, unique=True)),
                ('name', models.BinaryField(null=True)),
                ('language', models.CharField(max_length=10)),
                ('epoch', models.PositiveIntegerField(default=0)),
                ('created_at', models.DateTimeField()),
                ('erased_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'identity_person',
                'indexes': [models.Index(fields=['-created_at'], name='identity_person_newest')],
            },
        ),
        migrations.CreateModel(
            name='SessionRow',
            fields=[
                ('ref', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('holder', models.CharField(max_length=48)),
                ('device', models.CharField(max_length=40)),
                ('began_at', models.DateTimeField(db_index=True)),
                ('seen_at', models.DateTimeField()),
                ('level', models.PositiveSmallIntegerField(default=1)),
                ('level_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'identity_session',
                'indexes': [models.Index(fields=['holder', '-began_at'], name='identity_session_of')],
            },
        ),
        migrations.CreateModel(
            name='NameRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('beginning', models.CharField(max_length=32)),
                ('officer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='beginnings', to='identity.officerrow')),
            ],
            options={
                'db_table': 'identity_officer_name',
                'constraints': [models.UniqueConstraint(fields=('beginning', 'officer'), name='identity_name_once')],
            },
        ),
        migrations.CreateModel(
            name='RoleRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('department', models.CharField(max_length=68)),
                ('role', models.CharField(max_length=40)),
                ('officer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='roles', to='identity.officerrow')),
            ],
            options={
                'db_table': 'identity_role',
                'constraints': [models.UniqueConstraint(fields=('officer', 'department', 'role'), name='identity_role_once')],
            },
        ),
    ]
