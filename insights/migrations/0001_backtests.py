import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('campaigns', '0008_editions_stand'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='BacktestRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('mark', models.CharField(blank=True, editable=False, max_length=64)),
                ('days', models.PositiveIntegerField(blank=True, null=True, verbose_name='days')),
                ('starts_at', models.DateTimeField(verbose_name='purchases from')),
                ('ends_at', models.DateTimeField(verbose_name='purchases before')),
                ('state', models.CharField(choices=[('waiting', 'waiting'), ('running', 'running'), ('done', 'done'), ('failed', 'failed'), ('cancelled', 'cancelled')], default='waiting', max_length=10, verbose_name='state')),
                ('done', models.BigIntegerField(default=0, verbose_name='done')),
                ('total', models.BigIntegerField(blank=True, null=True, verbose_name='total')),
                ('result', models.JSONField(blank=True, default=dict, verbose_name='result')),
                ('error', models.CharField(blank=True, max_length=300, verbose_name='error')),
                ('requested_at', models.DateTimeField(verbose_name='requested at')),
                ('heartbeat_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True, verbose_name='finished at')),
                ('seconds', models.DecimalField(blank=True, decimal_places=1, max_digits=9, null=True, verbose_name='seconds')),
                ('live', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campaigns.earningruleversion', verbose_name='compared with')),
                ('requested_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='requested by')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='campaigns.earningruleversion', verbose_name='version of the program')),
            ],
            options={
                'verbose_name': 'back-test',
                'verbose_name_plural': 'back-tests',
                'indexes': [models.Index(condition=models.Q(('state__in', ('waiting', 'running'))), fields=['id'], name='insights_backtest_open')],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='insights_backtest_period')],
            },
        ),
    ]
