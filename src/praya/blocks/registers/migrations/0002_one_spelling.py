from django.db import migrations


class Migration(migrations.Migration):
    """Changes no table: with it `praya migrate` works out anew how entries are found (journey/respelling.py)."""

    dependencies = [
        ("registers", "0001_initial"),
    ]

    operations = []
