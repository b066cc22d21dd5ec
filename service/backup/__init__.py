"""Back-ups: taken while the service runs, checked, restored, kept for a bounded time.

``archive`` is the file and its manifest, ``programs`` finds and runs pg_dump and pg_restore,
``taking`` and ``restoring`` do what they say, ``upgrading`` carries the embedded database over to
the next major version of PostgreSQL, ``keeping`` names the files of a folder and drops old ones.
"""
