"""A password for those who want one, and counters of the passwords tried."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('members', '0006_refresh_tokens'),
    ]

    operations = [
        migrations.CreateModel(
            name='Password',
            fields=[
                ('member', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='+', serialize=False, to='members.member', verbose_name='member')),
                ('encoded', models.CharField(max_length=128)),
                ('changed_at', models.DateTimeField(verbose_name='changed at')),
            ],
            options={
                'verbose_name': 'sign-in password',
                'verbose_name_plural': 'sign-in passwords',
            },
        ),
        migrations.AlterField(
            model_name='codeallowance',
            name='scope',
            field=models.CharField(choices=[('phone', 'phone'), ('network', 'network'), ('all', 'everything'), ('pw_phone', 'passwords tried for a phone'), ('pw_network', 'passwords tried from a network'), ('pw_all', 'passwords tried by everybody'), ('wx_network', 'WeChat sign-ins from a network')], max_length=10),
        ),
    ]
