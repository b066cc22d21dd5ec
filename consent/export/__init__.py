"""What an auditor takes along: the log as CSV, as JSON lines, or as a bundle that proves itself.

``filters`` says which entries, ``rows`` streams them, ``bundles`` puts a bundle together,
``verify`` checks one and travels in it: it needs Python and ``cryptography``, and nothing of ours.
"""
