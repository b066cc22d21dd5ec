"""What was delivered before: a platform that is unsure whether we heard it delivers again."""
