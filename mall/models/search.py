"""The full-text index of rewards; a shape for each database, made by its migration."""

from django.db import models

from mall.models.catalogue import Reward


class RewardSearch(models.Model):
    """A row for each reward that was indexed: on PostgreSQL a `tsvector` under a GIN index, on
    SQLite an FTS5 table. Read and written by hand only (`selectors.search`, `services.search`);
    the model lets tools know the table."""

    reward = models.OneToOneField(
        Reward,
        on_delete=models.DO_NOTHING,
        primary_key=True,
        related_name="+",
        # What FTS5 calls it on SQLite; the foreign key is the migration's.
        db_column="rowid",
        db_constraint=False,
    )

    class Meta:
        managed = False
        db_table = "mall_reward_search"
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.pk)
