"""Notes about stock. Pure."""


def note(text: str, limit: int) -> str:
    """One line of at most `limit` signs: what a movement carries for ever."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:limit]
