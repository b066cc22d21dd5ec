"""Tokens: long secrets of programs, each with the scopes it opens, for one site or all of them.

``values`` says what a token is, ``directory`` holds them in memory, ``administration`` issues and
revokes them, ``store`` has the SQL.
"""

from service.tokens.directory import TOKENS, TokenDirectory, tokens_context
from service.tokens.values import Scope, Token

__all__ = ["TOKENS", "Scope", "Token", "TokenDirectory", "tokens_context"]
