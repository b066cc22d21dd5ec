"""Endpoints: whom outside a site tells of what, registered and changed by operators.

What they are told is known to ``moderation.deliveries``; how it reaches them, to
``service.outbox``.
"""
