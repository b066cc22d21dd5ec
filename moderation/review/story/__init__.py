"""The story of one comment: see ``store``."""
