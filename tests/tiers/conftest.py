from tests.sales.conftest import chen, lin, store

__all__ = ["chen", "lin", "store"]
