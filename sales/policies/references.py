"""What the ledger knows receipts by."""


def reference(store_id: int, number: str, place: int = 0, *, what: str = "receipt") -> str:
    """The reference of a receipt's entry; its further lots have references of their own."""
    if place:
        return f"receipt-part:{store_id}:{place}:{number}"
    return f"{what}:{store_id}:{number}"
