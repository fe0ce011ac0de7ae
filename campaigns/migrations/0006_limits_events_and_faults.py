"""What rules count, what else they judge, and where they failed."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0005_published_programs_stand"),
        ("members", "0002_tags"),
        ("stores", "0003_goods_and_lines_of_business"),
    ]
    operations = [
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(max_length=40, verbose_name='source')),
                ('external_id', models.CharField(max_length=64, verbose_name='number of the event')),
                ('trigger', models.CharField(choices=[('purchase', 'purchase'), ('first_order', 'first order'), ('registration', 'registration'), ('profile', 'completed profile'), ('birthday', 'birthday'), ('referral', 'referral'), ('review', 'review'), ('check_in', 'check-in'), ('share', 'share'), ('questionnaire', 'questionnaire'), ('quiz', 'quiz'), ('vote', 'vote'), ('event', 'taking part in an event'), ('custom', 'event of your own, by API')], max_length=16, verbose_name='what happened')),
                ('code', models.CharField(blank=True, max_length=64, verbose_name='code of the event')),
                ('occurred_at', models.DateTimeField(verbose_name='happened at')),
                ('quantity', models.DecimalField(decimal_places=3, default=1, max_digits=12, verbose_name='quantity')),
                ('amount', models.DecimalField(decimal_places=4, default=0, max_digits=15, verbose_name='amount')),
                ('attributes', models.JSONField(blank=True, default=dict, verbose_name='attributes')),
                ('state', models.CharField(choices=[('due', 'to be judged'), ('posted', 'posted'), ('reversed', 'reversed')], default='posted', max_length=8, verbose_name='state')),
                ('points', models.BigIntegerField(default=0, verbose_name='points')),
                ('explanation', models.JSONField(default=dict, verbose_name='explanation')),
                ('fingerprint', models.CharField(editable=False, max_length=64)),
                ('actor', models.CharField(max_length=64, verbose_name='actor')),
                ('received_at', models.DateTimeField(verbose_name='received at')),
                ('reversed_at', models.DateTimeField(blank=True, null=True, verbose_name='reversed at')),
                ('reversed_reason', models.CharField(blank=True, max_length=200, verbose_name='why reversed')),
            ],
            options={
                'verbose_name': 'event',
                'verbose_name_plural': 'events',
            },
        ),
        migrations.CreateModel(
            name='LimitCounter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rule_key', models.CharField(blank=True, max_length=40, verbose_name='rule')),
                ('period', models.CharField(max_length=8, verbose_name='period')),
                ('starts_on', models.DateField(verbose_name='period from')),
                ('times', models.BigIntegerField(default=0, verbose_name='times')),
                ('points', models.BigIntegerField(default=0, verbose_name='points')),
            ],
            options={
                'verbose_name': 'used limit',
                'verbose_name_plural': 'used limits',
            },
        ),
        migrations.CreateModel(
            name='RuleFault',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rule_key', models.CharField(max_length=40, verbose_name='rule')),
                ('error', models.CharField(max_length=300, verbose_name='error')),
                ('reference', models.CharField(max_length=100, verbose_name='reference')),
                ('state', models.CharField(choices=[('open', 'open'), ('repaired', 'repaired')], default='open', max_length=8, verbose_name='state')),
                ('points', models.BigIntegerField(default=0, verbose_name='points granted at the repair')),
                ('noticed_at', models.DateTimeField(verbose_name='noticed at')),
                ('repaired_at', models.DateTimeField(blank=True, null=True, verbose_name='repaired at')),
            ],
            options={
                'verbose_name': 'fault of a rule',
                'verbose_name_plural': 'faults of rules',
            },
        ),
        migrations.AddField(
            model_name='event',
            name='member',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='members.member', verbose_name='member'),
        ),
        migrations.AddField(
            model_name='event',
            name='rule_version',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campaigns.earningruleversion', verbose_name='version of the program'),
        ),
        migrations.AddField(
            model_name='event',
            name='store',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stores.store', verbose_name='store'),
        ),
        migrations.AddField(
            model_name='limitcounter',
            name='member',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='members.member', verbose_name='member'),
        ),
        migrations.AddField(
            model_name='rulefault',
            name='member',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='members.member', verbose_name='member'),
        ),
        migrations.AddField(
            model_name='rulefault',
            name='version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campaigns.earningruleversion', verbose_name='version'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(fields=['member', '-occurred_at'], name='campaigns_event_of_member'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(fields=['-occurred_at'], name='campaigns_event_by_time'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(condition=models.Q(('state', 'due')), fields=['id'], name='campaigns_event_due'),
        ),
        migrations.AddConstraint(
            model_name='event',
            constraint=models.UniqueConstraint(fields=('source', 'external_id'), name='campaigns_event_once'),
        ),
        migrations.AddConstraint(
            model_name='event',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gte', 0), ('points__gte', 0), ('quantity__gt', 0)), name='campaigns_event_figures'),
        ),
        migrations.AddConstraint(
            model_name='limitcounter',
            constraint=models.UniqueConstraint(condition=models.Q(('member__isnull', False)), fields=('member', 'rule_key', 'period', 'starts_on'), name='campaigns_counter_of_member'),
        ),
        migrations.AddConstraint(
            model_name='limitcounter',
            constraint=models.UniqueConstraint(condition=models.Q(('member__isnull', True)), fields=('rule_key', 'period', 'starts_on'), name='campaigns_counter_of_all'),
        ),
        migrations.AddConstraint(
            model_name='limitcounter',
            constraint=models.CheckConstraint(condition=models.Q(('points__gte', 0), ('times__gte', 0)), name='campaigns_counter_not_negative'),
        ),
        migrations.AddIndex(
            model_name='rulefault',
            index=models.Index(condition=models.Q(('state', 'open')), fields=['id'], name='campaigns_fault_open'),
        ),
        migrations.AddConstraint(
            model_name='rulefault',
            constraint=models.UniqueConstraint(fields=('reference', 'rule_key'), name='campaigns_fault_once'),
        ),
        migrations.AddConstraint(
            model_name='rulefault',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('repaired_at__isnull', True), ('state', 'open')), models.Q(('repaired_at__isnull', False), ('state', 'repaired')), _connector='OR'), name='campaigns_fault_repaired_at'),
        ),
    ]
