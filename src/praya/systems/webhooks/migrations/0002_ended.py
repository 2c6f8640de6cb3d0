from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('webhooks', '0001_initial'),
    ]

    operations = [
        migrations.RemoveIndex(model_name='delivery', name='webhooks_old'),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('state', 'waiting'), _negated=True), fields=['queued_at'], name='webhooks_ended'),
        ),
    ]
