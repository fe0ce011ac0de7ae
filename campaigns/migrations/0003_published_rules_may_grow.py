"""Takes the guards away while the table they stand on gets more columns.

SQLite makes such a table anew and would lose them without a word; 0005 puts them back.
"""

import importlib

from django.db import migrations

_guards = importlib.import_module("campaigns.migrations.0002_published_rules_stand")


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0002_published_rules_stand")]
    operations = [migrations.RunPython(_guards.remove, _guards.install)]
