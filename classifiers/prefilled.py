"""Compiled code that is filled in beforehand and then only read: for images with a read-only tree.

Numba looks for a cache that it can write to, even where it only has to read.  Where
``NUMBA_CACHE_LOCATOR_CLASSES`` names this class, the folder beside the source is the cache,
writable or not.  What is missing there is compiled anew by every process (see ``compiled``).
"""

from numba.core.caching import InTreeCacheLocator


class PrefilledCacheLocator(InTreeCacheLocator):
    def ensure_cache_path(self) -> None:
        """Nothing to try: what cannot be written will say so when it is written."""
