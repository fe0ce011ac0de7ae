"""Programs get a pair of tokens instead of one that lives for ninety days."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('members', '0005_consents_again'),
    ]

    operations = [
        migrations.AddField(
            model_name='devicesession',
            name='access_expires_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='access expires at'),
        ),
        migrations.AddField(
            model_name='devicesession',
            name='family_hash',
            field=models.CharField(blank=True, max_length=64, null=True, unique=True),
        ),
        migrations.AddField(
            model_name='devicesession',
            name='refresh_hash',
            field=models.CharField(blank=True, default='', max_length=64),
        ),
        migrations.AddField(
            model_name='devicesession',
            name='refresh_salt',
            field=models.CharField(blank=True, default='', max_length=64),
        ),
        migrations.AddField(
            model_name='devicesession',
            name='refreshed_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='refreshed at'),
        ),
        migrations.AddField(
            model_name='devicesession',
            name='spent_refresh_hash',
            field=models.CharField(blank=True, default='', max_length=64),
        ),
    ]
