"""The model of an entry gets the name that tells it from an entry of a register. The table keeps its name."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("journal", "0003_folds")]

    operations = [migrations.RenameModel("Entry", "JournalEntry")]
