from stores.models.store import Store

__all__ = ["Store"]
