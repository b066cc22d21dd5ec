"""Mail, where a relay is configured: put into a table with what it is about, sent by a job.

``enqueue`` within the transaction of whatever a mail tells of, so that one exists exactly if the
other does; ``withdraw`` takes back what nobody has begun to send.  Ask ``is_configured`` first: a
mail that nobody can send is given up after three days.  What is sent holds no word that a stranger
chose, for whoever writes a comment may name anybody's address.
"""

from service.mail.addresses import BadAddress, is_address, normal_address
from service.mail.queue import Mail, enqueue, enqueue_all, is_configured, withdraw, withdraw_acts

__all__ = [
    "BadAddress",
    "Mail",
    "enqueue",
    "enqueue_all",
    "is_address",
    "is_configured",
    "normal_address",
    "withdraw",
    "withdraw_acts",
]
