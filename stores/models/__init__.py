from stores.models.api_key import ApiKey
from stores.models.article import Article
from stores.models.category import Category
from stores.models.job_run import JobRun
from stores.models.job_state import JobState
from stores.models.store import Store

__all__ = ["ApiKey", "Article", "Category", "JobRun", "JobState", "Store"]
