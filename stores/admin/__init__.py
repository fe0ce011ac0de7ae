from stores.admin.goods import ArticleAdmin, CategoryAdmin
from stores.admin.store import ApiKeyAdmin, JobRunAdmin, StoreAdmin

__all__ = ["ApiKeyAdmin", "ArticleAdmin", "CategoryAdmin", "JobRunAdmin", "StoreAdmin"]
