"""A version is a whole program: settings, and any number of rules."""

import django.core.validators
import django.db.models.deletion
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0003_published_rules_may_grow"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name='EarningRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.SlugField(max_length=40, verbose_name='key')),
                ('position', models.PositiveIntegerField(default=0, verbose_name='order')),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('name_en', models.CharField(blank=True, max_length=60, verbose_name='name in English')),
                ('trigger', models.CharField(choices=[('purchase', 'purchase'), ('first_order', 'first order'), ('registration', 'registration'), ('profile', 'completed profile'), ('birthday', 'birthday'), ('referral', 'referral'), ('review', 'review'), ('check_in', 'check-in'), ('share', 'share'), ('questionnaire', 'questionnaire'), ('quiz', 'quiz'), ('vote', 'vote'), ('event', 'taking part in an event'), ('custom', 'event of your own, by API')], default='purchase', max_length=16, verbose_name='when')),
                ('code', models.CharField(blank=True, help_text='For events: the code by which the mini-program or the till names it.', max_length=64, verbose_name='code of the event')),
                ('effect', models.CharField(choices=[('per_yuan', 'points in proportion to the yuan'), ('per_block', 'points for every whole block of yuan'), ('per_item', 'points per item'), ('fixed', 'fixed points'), ('bands', 'points by how much is spent'), ('multiplier', 'multiply the points'), ('band_multiplier', 'multiply by how much is spent')], default='per_yuan', max_length=16, verbose_name='gives')),
                ('combine', models.CharField(choices=[('base', 'instead of the rules below it, for the same goods'), ('extra', 'on top of everything else')], default='extra', max_length=8, verbose_name='counts')),
                ('is_multiplied', models.BooleanField(default=False, verbose_name='multipliers count for it too')),
                ('points', models.PositiveIntegerField(default=0, validators=[django.core.validators.MaxValueValidator(1000000)], verbose_name='points')),
                ('yuan', models.DecimalField(decimal_places=2, default=Decimal(1), max_digits=10, validators=[django.core.validators.MinValueValidator(Decimal('0.01'))], verbose_name='for every … yuan')),
                ('factor', models.DecimalField(decimal_places=2, default=Decimal(1), max_digits=5, validators=[django.core.validators.MinValueValidator(Decimal(0)), django.core.validators.MaxValueValidator(Decimal(100))], verbose_name='times')),
                ('bands', models.JSONField(blank=True, default=list, verbose_name='bands')),
                ('conditions', models.JSONField(blank=True, default=list, verbose_name='conditions')),
                ('limits', models.JSONField(blank=True, default=list, verbose_name='limits')),
                ('validity', models.JSONField(blank=True, default=dict, verbose_name='validity')),
                ('timing', models.JSONField(blank=True, default=dict, verbose_name='when usable')),
            ],
            options={
                'verbose_name': 'rule',
                'verbose_name_plural': 'rules',
            },
        ),
        migrations.AlterModelOptions(
            name='earningruleversion',
            options={'verbose_name': 'version of the program', 'verbose_name_plural': 'versions of the program'},
        ),
        migrations.RemoveConstraint(
            model_name='earningruleversion',
            name='campaigns_rule_terms_in_range',
        ),
        migrations.RemoveConstraint(
            model_name='earningruleversion',
            name='campaigns_rule_validity_counted',
        ),
        migrations.AddField(
            model_name='earningruleversion',
            name='announcement',
            field=models.TextField(blank=True, help_text='What members read about this version before it starts.', max_length=1000, verbose_name='announcement'),
        ),
        migrations.AddField(
            model_name='earningruleversion',
            name='announcement_en',
            field=models.TextField(blank=True, max_length=1000, verbose_name='announcement in English'),
        ),
        migrations.AddField(
            model_name='earningruleversion',
            name='ceiling',
            field=models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True, validators=[django.core.validators.MinValueValidator(Decimal(1)), django.core.validators.MaxValueValidator(Decimal(100))], verbose_name='together at most times'),
        ),
        migrations.AddField(
            model_name='earningruleversion',
            name='coupon_part_earns',
            field=models.BooleanField(default=False, verbose_name='what a coupon paid earns points'),
        ),
        migrations.AddField(
            model_name='earningruleversion',
            name='day_cap',
            field=models.PositiveBigIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='most points of purchases per member and day'),
        ),
        migrations.AddField(
            model_name='earningruleversion',
            name='excluded',
            field=models.JSONField(blank=True, default=dict, verbose_name='goods that earn nothing'),
        ),
        migrations.AddField(
            model_name='earningruleversion',
            name='freight_earns',
            field=models.BooleanField(default=False, verbose_name='freight earns points'),
        ),
        migrations.AddField(
            model_name='earningruleversion',
            name='leap_day',
            field=models.CharField(choices=[('feb28', 'on 28 February'), ('mar1', 'on 1 March')], default='feb28', max_length=8, verbose_name='birthdays of 29 February are kept, in other years'),
        ),
        migrations.AddField(
            model_name='earningruleversion',
            name='mark',
            field=models.CharField(blank=True, editable=False, max_length=64),
        ),
        migrations.AddField(
            model_name='earningruleversion',
            name='month_cap',
            field=models.PositiveBigIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='most points of purchases per member and month'),
        ),
        migrations.AddField(
            model_name='earningruleversion',
            name='order_cap',
            field=models.PositiveBigIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='most points per purchase'),
        ),
        migrations.AddField(
            model_name='earningruleversion',
            name='points_part_earns',
            field=models.BooleanField(default=False, verbose_name='what points paid earns points'),
        ),
        migrations.AddField(
            model_name='earningruleversion',
            name='preface',
            field=models.TextField(blank=True, help_text='Stands above the rules, which are always those that are in force.', max_length=2000, verbose_name='preface of the rules page'),
        ),
        migrations.AddField(
            model_name='earningruleversion',
            name='preface_en',
            field=models.TextField(blank=True, max_length=2000, verbose_name='preface in English'),
        ),
        migrations.AddField(
            model_name='earningruleversion',
            name='repairs',
            field=models.ForeignKey(blank=True, help_text="Takes the place of a version with a broken rule, from that one's start; purchases that met the fault are judged again.", null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campaigns.earningruleversion', verbose_name='repairs version'),
        ),
        migrations.AddField(
            model_name='earningruleversion',
            name='short_notice_reason',
            field=models.CharField(blank=True, editable=False, max_length=300, verbose_name='why announced so late'),
        ),
        migrations.AddField(
            model_name='earningruleversion',
            name='stacking',
            field=models.CharField(choices=[('multiply', 'multiplied with each other (2 and 3 make 6)'), ('add', 'added up (2 and 3 make 4: each adds what exceeds 1)'), ('highest', 'only the highest counts (2 and 3 make 3)')], default='multiply', max_length=8, verbose_name='multipliers that meet are'),
        ),
        migrations.AddField(
            model_name='earningruleversion',
            name='tested_at',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='back-tested at'),
        ),
        migrations.AddField(
            model_name='earningruleversion',
            name='tested_change',
            field=models.BigIntegerField(blank=True, editable=False, null=True, verbose_name='points more or fewer in the back-test'),
        ),
        migrations.AddField(
            model_name='earningruleversion',
            name='tested_mark',
            field=models.CharField(blank=True, editable=False, max_length=64),
        ),
        migrations.AddField(
            model_name='earningruleversion',
            name='unit_name',
            field=models.CharField(blank=True, help_text='Empty: 积分', max_length=12, verbose_name='what points are called'),
        ),
        migrations.AddField(
            model_name='earningruleversion',
            name='unit_name_en',
            field=models.CharField(blank=True, max_length=24, verbose_name='what points are called in English'),
        ),
        migrations.AddField(
            model_name='earningruleversion',
            name='untested_reason',
            field=models.CharField(blank=True, editable=False, max_length=300, verbose_name='why published without a back-test'),
        ),
        migrations.AddField(
            model_name='earningruleversion',
            name='validity_date',
            field=models.DateField(blank=True, null=True, verbose_name='last day of validity'),
        ),
        migrations.AlterField(
            model_name='earningruleversion',
            name='points',
            field=models.PositiveIntegerField(default=1, help_text='0: no basic rate, only the rules below give points.', validators=[django.core.validators.MaxValueValidator(1000)], verbose_name='points'),
        ),
        migrations.AlterField(
            model_name='earningruleversion',
            name='validity',
            field=models.CharField(choices=[('months', 'months from the day of earning'), ('days', 'days from the day of earning'), ('never', 'never expire'), ('date', 'through one day, the same for all'), ('year_end', 'through the end of the year of earning, or so many years later'), ('quarter_end', 'through the end of the quarter of earning, or so many quarters later')], default='months', max_length=12, verbose_name='validity'),
        ),
        migrations.AlterField(
            model_name='earningruleversion',
            name='validity_count',
            field=models.PositiveIntegerField(default=12, validators=[django.core.validators.MaxValueValidator(3660)], verbose_name='number of months, days, years or quarters'),
        ),
        migrations.AddConstraint(
            model_name='earningruleversion',
            constraint=models.CheckConstraint(condition=models.Q(('block_yuan__gte', Decimal('0.01')), ('points__range', (0, 1000)), ('pending_days__lte', 365), ('validity_count__lte', 3660)), name='campaigns_rule_terms_in_range'),
        ),
        migrations.AddConstraint(
            model_name='earningruleversion',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('validity__in', ('months', 'days')), _negated=True), ('validity_count__gte', 1), _connector='OR'), name='campaigns_rule_validity_counted'),
        ),
        migrations.AddConstraint(
            model_name='earningruleversion',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('validity', 'date'), _negated=True), ('validity_date__isnull', False), _connector='OR'), name='campaigns_rule_validity_dated'),
        ),
        migrations.AddField(
            model_name='earningrule',
            name='version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rules', to='campaigns.earningruleversion', verbose_name='version'),
        ),
        migrations.AddConstraint(
            model_name='earningrule',
            constraint=models.UniqueConstraint(fields=('version', 'key'), name='campaigns_rule_key'),
        ),
        migrations.AddConstraint(
            model_name='earningrule',
            constraint=models.CheckConstraint(condition=models.Q(('factor__gte', 0), ('yuan__gt', 0)), name='campaigns_rule_not_negative'),
        ),
    ]
