from stores.admin.goods import ArticleAdmin, CategoryAdmin
from stores.admin.jobs import JobRunAdmin, JobStateAdmin
from stores.admin.store import ApiKeyAdmin, StoreAdmin

__all__ = [
    "ApiKeyAdmin",
    "ArticleAdmin",
    "CategoryAdmin",
    "JobRunAdmin",
    "JobStateAdmin",
    "StoreAdmin",
]
