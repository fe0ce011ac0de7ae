"""Members known by WeChat, and the access token that all processes share."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('members', '0007_passwords'),
    ]

    operations = [
        migrations.CreateModel(
            name='WechatToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('app_id', models.CharField(max_length=64, unique=True)),
                ('value', models.CharField(blank=True, max_length=512)),
                ('renewed_at', models.DateTimeField(null=True)),
                ('expires_at', models.DateTimeField(null=True)),
                ('renewing_until', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name': 'WeChat access token',
                'verbose_name_plural': 'WeChat access tokens',
            },
        ),
        migrations.CreateModel(
            name='WechatIdentity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('app_id', models.CharField(max_length=64, verbose_name='mini-program')),
                ('openid', models.CharField(max_length=128)),
                ('unionid', models.CharField(blank=True, db_index=True, max_length=128)),
                ('bound_at', models.DateTimeField(verbose_name='bound at')),
                ('member', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='wechat_identities', to='members.member', verbose_name='member')),
            ],
            options={
                'verbose_name': 'WeChat identity',
                'verbose_name_plural': 'WeChat identities',
                'constraints': [models.UniqueConstraint(fields=('app_id', 'openid'), name='members_wechat_openid_once'), models.UniqueConstraint(fields=('member', 'app_id'), name='members_wechat_member_once')],
            },
        ),
    ]
