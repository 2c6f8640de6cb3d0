from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('services', '0003_popular'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='published',
            name='services_draws_lots',
        ),
        migrations.RenameField(
            model_name='published',
            old_name='draws_lots',
            new_name='waits_for_all',
        ),
        migrations.AddIndex(
            model_name='published',
            index=models.Index(condition=models.Q(('waits_for_all', True)), fields=['service', 'version'], name='services_waits_for_all'),
        ),
    ]
