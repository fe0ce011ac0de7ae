"""placeholder"""
from typing import Any
def is_used() -> bool:
    return False
def __getattr__(name: str) -> Any:
    raise AttributeError(name)
