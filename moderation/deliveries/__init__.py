"""What endpoints are told of comments.

``announce`` enqueues in the transaction of a decision (verdicts are enqueued by the statement that
stores their comments); ``rendering`` makes the words when a delivery is sent, from what is true by
then.  To add a kind of endpoint, write a module with a ``prepare`` and name it in ``rendering``.
"""

from moderation.deliveries.announcing import announce

__all__ = ["announce"]
