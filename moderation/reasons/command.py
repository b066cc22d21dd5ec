"""``gatehouse rule list|put|remove`` and ``gatehouse reasons export``."""

import json
import sys
from argparse import Namespace
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime

from moderation.letters import TABLES
from moderation.reasons import administration
from moderation.reasons.exporting import COLUMNS, as_csv, as_json, csv_line, entries
from moderation.reasons.rules import Rule
from service import clock
from service.commands.running import on_database, say, say_json, table
from service.db import Connection
from service.secrets import Secrets

FIRST = datetime(2000, 1, 1, tzinfo=UTC)


def run(args: Namespace) -> int:
    return {"list": run_list, "put": run_put, "remove": run_remove, "export": run_export}[
        args.what
    ](args)


def run_list(args: Namespace) -> int:
    async def work(conn: Connection, _secrets: Secrets) -> list[Rule]:
        site_id = await administration.site_id_of(conn, args.name)
        return list(await administration.rules_of(conn, site_id))

    rules = on_database(work)
    if args.json:
        say_json([_plain(rule) for rule in rules])
    else:
        heads = ("CODE", "GROUND", "CLAUSE", "CATEGORY", "TITLE")
        say(table([heads, *map(_line, rules)]))
    return 0


def run_put(args: Namespace) -> int:
    words = {language: given for language in TABLES if (given := getattr(args, language))}
    new = administration.rule(args.code, args.ground, args.clause, args.category, words)

    async def work(conn: Connection, _secrets: Secrets) -> None:
        await administration.put(conn, args.name, new, args.position)

    on_database(work)
    say(f"{args.code} is a rule of {args.name}.")
    return 0


def run_remove(args: Namespace) -> int:
    async def work(conn: Connection, _secrets: Secrets) -> None:
        await administration.remove(conn, args.name, args.code)

    on_database(work)
    say(f"{args.code} is no rule of {args.name} any more.")
    return 0


def run_export(args: Namespace) -> int:
    target = args.to.open("w", encoding="utf-8", newline="") if args.to else nullcontext(sys.stdout)
    with target as file:

        async def work(conn: Connection, _secrets: Secrets) -> int:
            return await _export(conn, args, file.write)

        number = on_database(work)
    if args.to:
        say(f"{number} statements are in {args.to}.")
    return 0


async def _export(conn: Connection, args: Namespace, write: Callable[[str], object]) -> int:
    site_id = await administration.site_id_of(conn, args.name)
    number = 0
    write(csv_line(COLUMNS) if args.format == "csv" else '{"statements": [')
    async for made in entries(conn, site_id, args.since or FIRST, args.until or clock.now()):
        if args.format == "csv":
            write(as_csv(made))
        else:
            write(",\n" * bool(number) + json.dumps(as_json(made), ensure_ascii=False))
        number += 1
    if args.format == "json":
        write("]}\n")
    return number


def _plain(rule: Rule) -> dict[str, object]:
    words = {language: [each.title, each.sentence] for language, each in rule.words.items()}
    return {
        "code": rule.code,
        "ground": rule.ground,
        "clause": rule.clause,
        "category": rule.category,
        "words": words,
    }


def _line(rule: Rule) -> tuple[str, ...]:
    title = next(iter(rule.words.values())).title
    return (rule.code, rule.ground, rule.clause, rule.category, title)
