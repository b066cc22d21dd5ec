"""Deliveries: who outside is told of what, and that they hear it.

Deliveries are rows; what is sent is rendered when it is sent (by whoever knows what an event means,
see ``values.Prepare``).  The statement that writes comments writes their deliveries too, so that
one exists exactly if the other does.  ``sending`` claims, sends and writes down what came of it;
``client`` is the guarded HTTP client; endpoints are administered in ``service.endpoints``.
"""

from service.outbox.values import (
    BLOG_KINDS,
    DELIVERED,
    ENDPOINT_PURPOSE,
    Claimed,
    DeliveryState,
    EndpointKind,
    Event,
    Outcome,
    Prepare,
    Talk,
)

__all__ = [
    "BLOG_KINDS",
    "DELIVERED",
    "ENDPOINT_PURPOSE",
    "Claimed",
    "DeliveryState",
    "EndpointKind",
    "Event",
    "Outcome",
    "Prepare",
    "Talk",
]
