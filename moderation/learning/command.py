"""``gatehouse models ...``: what sites have learnt, for people and for scripts."""

import asyncio
from argparse import Namespace
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any, TypeAlias

import orjson

from classifiers.artifacts import UnfitModel
from classifiers.scorer import load_default
from moderation.learning import store
from moderation.learning.current import current
from moderation.learning.models import store as models
from moderation.learning.poisoning import Doubt, Weighed, weigh
from moderation.learning.promoting import NoSuchModel, promote, roll_back
from moderation.learning.reading import read
from moderation.learning.retraining import NEWEST, Retrained, retrain
from service.audit import ActorKind
from service.commands.running import on_database, say, say_json, table
from service.db import Connection
from service.model_key import model_key
from service.secrets import Secrets
from service.sites.administration import UnknownSite

Action: TypeAlias = Callable[[Connection, Secrets, int, Namespace], Awaitable[int]]


def run(args: Namespace) -> int:
    async def work(conn: Connection, secrets: Secrets) -> int:
        if args.action == "list":
            return await _list(conn, args)
        site_id = next((n for n, name in await store.sites(conn) if name == args.name), None)
        if site_id is None:
            raise UnknownSite(f"There is no site named {args.name}: see gatehouse site list.")
        try:
            return await ACTIONS[args.action](conn, secrets, site_id, args)
        except UnfitModel as error:
            raise NoSuchModel(
                f"The site's current model cannot be used, because {error}."
            ) from error

    return on_database(work)


async def _list(conn: Connection, args: Namespace) -> int:
    sites = [site for site in await store.sites(conn) if args.name in {None, site[1]}]
    if args.name and not sites:
        raise UnknownSite(f"There is no site named {args.name}: see gatehouse site list.")
    found: list[dict[str, Any]] = []
    for site_id, name in sites:
        kept = await models.models(conn, site_id)
        found += [{"site": name, **_described(each)} for each in kept]
    if args.json:
        say_json(found)
    elif found:
        say(table([("SITE", "VERSION", "STATE", "MADE", "REASON"), *map(_row, found)]))
    else:
        say(f"Every site is judged by the model that ships, version {load_default().version}.")
    return 0


def _row(found: dict[str, Any]) -> tuple[str, ...]:
    made = f"{found['made_at']:%Y-%m-%d %H:%M} UTC"
    return found["site"], str(found["version"]), found["state"], made, found["reason"]


def _described(kept: models.Kept) -> dict[str, Any]:
    described = asdict(kept)
    del described["manifest"]
    return described


async def _show(conn: Connection, _secrets: Secrets, site_id: int, args: Namespace) -> int:
    found = [kept for kept in await models.models(conn, site_id) if kept.version == args.version]
    if not found:
        raise NoSuchModel(f"The site {args.name} has no model {args.version}.")
    manifest = orjson.loads(found[0].manifest)
    if args.json:
        say_json({**_described(found[0]), "manifest": manifest})
        return 0
    facts = _described(found[0]) | {
        name: manifest[name] for name in ("base", "against", "labels", "sha256")
    }
    say(table([(name.replace("_", " "), str(value)) for name, value in facts.items()]))
    columns = ("LANGUAGE", "SPAM", "HAM", "GAIN IN LOG-LOSS", "HONEST REJECTED, BEFORE")
    if manifest["gate"]:
        say(table([columns, *map(_figures, manifest["gate"])]))
    return 0


def _figures(each: dict[str, Any]) -> tuple[str, ...]:
    return (
        each["language"],
        str(each["spam"]),
        str(each["ham"]),
        f"{each['gain']:+.3f} ({each['low']:+.3f}..{each['high']:+.3f})",
        f"{each['rejected_by_candidate']}, {each['rejected_by_current']}",
    )


async def _promote(conn: Connection, secrets: Secrets, site_id: int, args: Namespace) -> int:
    key = await model_key(conn, secrets)
    await promote(conn, site_id, args.version, key, load_default().version)
    return _say(args, {"current": args.version}, f"Model {args.version} judges {args.name} now.")


async def _roll_back(conn: Connection, _secrets: Secrets, site_id: int, args: Namespace) -> int:
    left, to = await roll_back(conn, site_id)
    now = f"model {to}" if to else "the model that ships"
    text = f"Model {left} is rolled back; {now} judges {args.name} now."
    return _say(args, {"rolled_back": left, "current": to}, text)


async def _retrain(conn: Connection, secrets: Secrets, site_id: int, args: Namespace) -> int:
    key = await model_key(conn, secrets)
    found: Retrained = await retrain(
        conn, site_id, key, load_default(), ActorKind.OPERATOR, "command line"
    )
    outcome = found.outcome
    facts = {"version": found.version, **asdict(outcome)}
    title = f"Model {found.version}: " if found.version else ""
    return _say(args, facts, f"{title}{outcome.reason}.")


async def _labels(conn: Connection, secrets: Secrets, site_id: int, args: Namespace) -> int:
    scorer = load_default()
    key = await model_key(conn, secrets)
    async with conn.transaction():
        _, own = await current(conn, site_id, key, scorer.version)
        material = await read(conn, site_id, NEWEST)
    log_odds = await asyncio.to_thread(material.log_odds, scorer.model, own)
    by_comment = {
        label.comment_id: value
        for label, value in zip(material.labels, log_odds.tolist(), strict=True)
    }
    weighed = weigh(material.labels, by_comment)
    if args.json:
        say_json([_label(each) for each in weighed])
    else:
        say("\n".join(_summary(args.name, weighed)))
    return 0


def _label(each: Weighed) -> dict[str, Any]:
    """No reporter: a hash of who said it is nobody else's business."""
    return {
        "comment": str(each.label.comment_id),
        "label": "spam" if each.label.is_spam else "ham",
        "source": each.label.source,
        "weight": round(each.weight, 4),
        "doubts": sorted(each.doubts),
    }


def _summary(name: str, weighed: list[Weighed]) -> list[str]:
    counts = Counter(each.label.is_spam for each in weighed)
    weights = {spam: sum(w.weight for w in weighed if w.label.is_spam is spam) for spam in counts}
    opening = (
        f"The site {name} learns from {len(weighed)} labels: {counts[True]} spam that count as"
        f" {weights.get(True, 0.0):.1f}, {counts[False]} ham that count as"
        f" {weights.get(False, 0.0):.1f}."
    )
    lines = [opening]
    doubted = [each for each in weighed if each.doubts - {Doubt.REPEATED}]
    if doubted:
        rows = [("COMMENT", "LABEL", "SOURCE", "WEIGHT", "DOUBT")]
        rows += [
            (
                found["comment"],
                found["label"],
                found["source"],
                f"{found['weight']:.2f}",
                ", ".join(found["doubts"]),
            )
            for found in map(_label, doubted)
        ]
        lines.append(table(rows))
    return lines


def _say(args: Namespace, facts: dict[str, Any], text: str) -> int:
    if args.json:
        say_json(facts)
    else:
        say(text)
    return 0


ACTIONS: dict[str, Action] = {
    "show": _show,
    "promote": _promote,
    "rollback": _roll_back,
    "retrain": _retrain,
    "labels": _labels,
}
