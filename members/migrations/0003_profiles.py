"""More of what a member tells about themselves, and where they came from."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('members', '0002_tags'),
        ('stores', '0003_goods_and_lines_of_business'),
    ]

    operations = [
        migrations.AddField(
            model_name='member',
            name='avatar',
            field=models.CharField(blank=True, editable=False, max_length=100),
        ),
        migrations.AddField(
            model_name='member',
            name='erased_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='erased at'),
        ),
        migrations.AddField(
            model_name='member',
            name='gender',
            field=models.CharField(blank=True, choices=[('', 'not said'), ('female', 'female'), ('male', 'male'), ('other', 'another')], default='', max_length=6, verbose_name='gender'),
        ),
        migrations.AddField(
            model_name='member',
            name='invitation_code',
            field=models.CharField(blank=True, max_length=10, null=True, unique=True, verbose_name='invitation code'),
        ),
        migrations.AddField(
            model_name='member',
            name='invited_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='invited', to='members.member', verbose_name='invited by'),
        ),
        migrations.AddField(
            model_name='member',
            name='merged_into',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged', to='members.member', verbose_name='merged into'),
        ),
        migrations.AddField(
            model_name='member',
            name='preferred_store',
            field=models.ForeignKey(blank=True, help_text='Chosen by the member: where they like to buy and pick up.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stores.store', verbose_name='preferred store'),
        ),
        migrations.AddField(
            model_name='member',
            name='source_code',
            field=models.CharField(blank=True, help_text='Which poster, link or partner brought the person.', max_length=64, verbose_name='source code'),
        ),
    ]
