"""People who work here: accounts, roles, sessions, and how they sign in.

``values`` says what an account may do, ``administration`` is for the operator, ``signing_in`` for
the person; ``passwords`` and ``second_factor`` check what they know and have, ``throttle`` slows
who guesses, ``store`` has the SQL.
"""

from service.accounts.values import Account, Role, Session

__all__ = ["Account", "Role", "Session"]
