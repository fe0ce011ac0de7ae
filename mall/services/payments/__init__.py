"""The part in money of an order: started by its member, settled by the provider's word.

No call to a provider happens inside a transaction. What has to be told to one is a row
(`mall.services.payment_rows`); `tend` tells it, again and again, until it is answered.
"""

from mall.services.payments.desk import notify, settle, start
from mall.services.payments.sweep import tend

__all__ = ["notify", "settle", "start", "tend"]
