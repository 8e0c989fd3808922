"""Whose words on GitHub may be coo's own."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from coo.adapters.github_read import is_bot, shaped
from coo.adapters.github_repo_hands import RepoHands
from coo.core.errors import AuthError, RemoteError


class Accounts(RepoHands):
    """The part of the hands that knows coo's own account, as far as GitHub tells it."""

    def may_be_ours(self, user: Mapping[str, Any] | None) -> bool:
        """Whether an account may be the one that coo writes as: a bot, or the one that the token belongs to.

        The token of an Action or an app belongs to a bot, and cannot ask which. Raises `RemoteError` when GitHub does
        not answer now.
        """
        if user is None or is_bot(user):
            return user is not None
        return self._own_login is not None and user.get("login") == self._own_login

    @cached_property
    def _own_login(self) -> str | None:
        """The login of the person whose token coo has; None for a bot's token and for no token."""
        try:
            with shaped("the token's account"):
                return str(self._api.get("/user", "ask whose the token is", "metadata=read").data["login"])
        except AuthError:
            return None
        except RemoteError as error:
            if error.code != "not-found":
                raise
            return None
