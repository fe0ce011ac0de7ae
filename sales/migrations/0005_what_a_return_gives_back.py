from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sales', '0004_checkouts'),
    ]

    operations = [
        migrations.AddField(
            model_name='receipt',
            name='points_back',
            field=models.BigIntegerField(default=0, verbose_name='spent points that go back'),
        ),
        migrations.AddField(
            model_name='receipt',
            name='refund',
            field=models.DecimalField(blank=True, decimal_places=2, max_digits=15, null=True, verbose_name='to be refunded in money'),
        ),
        migrations.AddField(
            model_name='receipt',
            name='refund_by_coupon',
            field=models.DecimalField(decimal_places=2, default=0, max_digits=15, verbose_name='of the returned goods paid by coupon'),
        ),
        migrations.AddField(
            model_name='receipt',
            name='refund_by_points',
            field=models.DecimalField(decimal_places=2, default=0, max_digits=15, verbose_name='of the returned goods paid by points'),
        ),
        migrations.AddConstraint(
            model_name='receipt',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'return'), ('points_back__gte', 0)), models.Q(('points_back', 0), ('refund__isnull', True), ('refund_by_coupon', 0), ('refund_by_points', 0)), _connector='OR'), name='sales_receipt_refund'),
        ),
    ]
