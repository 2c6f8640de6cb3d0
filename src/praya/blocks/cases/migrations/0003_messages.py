from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0002_opened_as'),
    ]

    operations = [
        migrations.AddField(
            model_name='case',
            name='message_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(
                condition=models.Q(('message_at__isnull', False)),
                fields=['department', 'message_at', 'ref'],
                name='cases_messages',
            ),
        ),
    ]
