"""The secrets of webhooks in: added, rotated and removed here, held in memory with their site.

Which platforms there are, how they sign and what they say is known to ``moderation``.
"""
