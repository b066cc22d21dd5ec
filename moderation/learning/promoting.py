"""Putting a site's model in place, and taking it back.  Each act stands in the audit trail."""

from classifiers.artifacts import UnfitModel
from moderation.learning import sealed, store
from moderation.learning.models import store as models
from service import audit, errors
from service.audit import ActorKind
from service.db import Connection


class NoSuchModel(errors.OperatorError):
    """The site has no such model."""


async def put_in_place(  # noqa: PLR0913, PLR0917  (what, why, at whose wish)
    conn: Connection, site_id: int, version: int, reason: str, actor_kind: ActorKind, actor: str
) -> None:
    """Within the caller's transaction.  Raises NoSuchModel."""
    before = await models.demote(conn, site_id, "earlier")
    if not await models.promote(conn, site_id, version, reason):
        raise NoSuchModel(f"There is no model {version} that could be promoted.")
    await audit.append(
        conn,
        site_id,
        actor_kind,
        actor,
        "model.promoted",
        f"model {version}",
        {"before": before or 0, "reason": reason},
    )


async def promote(conn: Connection, site_id: int, version: int, key: bytes, shipped: str) -> None:
    """At an operator's wish, whatever the gate said; refused where it could not be loaded."""
    async with conn.transaction():
        await store.lock_site_id(conn, site_id)
        found = await models.model(conn, site_id, version)
        if found is None or found.packed is None:
            raise NoSuchModel(f"There is no model {version} that could be promoted.")
        try:
            sealed.opened(found, key, kind="model", base=shipped)
        except UnfitModel as error:
            raise NoSuchModel(f"Model {version} cannot be used, because {error}.") from error
        await put_in_place(
            conn, site_id, version, "promoted by the operator", ActorKind.OPERATOR, "command line"
        )


async def roll_back(conn: Connection, site_id: int) -> tuple[int, int]:
    """From the current model to the one before it; (from, to), where 0 is the one that ships.

    Raises NoSuchModel where the one that ships is in place already.
    """
    async with conn.transaction():
        await store.lock_site_id(conn, site_id)
        left = await models.demote(conn, site_id, "rolled back")
        if left is None:
            raise NoSuchModel("The model that ships is in place already.")
        before = await models.newest_earlier(conn, site_id, left)
        if before:
            await models.promote(conn, site_id, before, f"rolled back from model {left}")
        await audit.append(
            conn,
            site_id,
            ActorKind.OPERATOR,
            "command line",
            "model.rolled_back",
            f"model {left}",
            {"to": before or 0},
        )
    return left, before or 0
