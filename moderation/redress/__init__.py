"""What authors and readers can do about a comment: appeal, and report.

Both come by a signed link (``links``), without an account, put the comment before a person, and are
settled by that person's decision (``settling``).
"""
