"""Moderation: a comment arrives, is judged, answered, and if need be reviewed.

Read in this order: ``akismet`` (in), ``intake`` and ``batch`` (together), ``screening`` (judge),
``store`` (remember).
"""
