"""The key that authenticates models: random, sealed under the master key, and outliving its change.

Loading a model executes it, and models travel through the database: who can write there, but has no
master key, must not be able to have anything executed here.
"""

import os

from service.db import Connection
from service.model_key import store
from service.secrets import Secrets

PURPOSE = "model key"
KEY_BYTES = 32


async def model_key(conn: Connection, secrets: Secrets) -> bytes:
    """The key of this deployment, made when it is first asked for.  Raises ``BrokenSeal``."""
    sealed = await store.read_key(conn)
    if sealed is None:
        sealed = await store.adopt_key(conn, secrets.seal(PURPOSE, os.urandom(KEY_BYTES)))
    return secrets.unseal(PURPOSE, sealed)
