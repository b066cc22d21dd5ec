"""The ledger: what was decided, in an append-only Merkle log for each site.

``entries`` says what an entry is and ``deciding`` what a choice makes of what stood before;
``writing`` appends, ``batching`` collects what arrives together.  ``checkpoints`` signs the log's
head and keeps it outside the database as well, ``proofs`` and ``receipts`` prove what stands in it,
``verifying`` checks all of it again.  ``endpoints`` serve what is public.
"""
