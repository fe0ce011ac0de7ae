"""A consent that was withdrawn can be given again."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('members', '0004_addresses'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='consent',
            name='members_consent_once',
        ),
        migrations.AlterField(
            model_name='consent',
            name='purpose',
            field=models.CharField(choices=[('terms', 'membership terms and privacy statement'), ('marketing', 'offers and news by message'), ('profiling', 'recommendations from my purchases')], max_length=20, verbose_name='purpose'),
        ),
        migrations.AddConstraint(
            model_name='consent',
            constraint=models.UniqueConstraint(condition=models.Q(('withdrawn_at', None)), fields=('member', 'purpose', 'version'), name='members_consent_once_at_a_time'),
        ),
    ]
