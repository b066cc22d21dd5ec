"""``gatehouse site observed``: what would have happened, for people and for scripts."""

from argparse import Namespace
from collections.abc import Mapping
from dataclasses import asdict

from moderation.observed import Report, report
from moderation.verdicts import Action
from service.commands.running import on_database, say, say_json, table
from service.db import Connection
from service.secrets import Secrets
from service.sites import Directory
from service.sites.administration import UnknownSite

WOULD_BE = {
    Action.APPROVE: "approved",
    Action.HOLD: "held",
    Action.REJECT: "rejected",
}


def run(args: Namespace) -> int:
    async def work(conn: Connection, secrets: Secrets) -> Report:
        directory = Directory(secrets)
        await directory.reload(conn)
        site = directory.site(args.name)
        if site is None:
            raise UnknownSite(f"There is no site named {args.name}: see gatehouse site list.")
        return await report(conn, site, args.days)

    found = on_database(work)
    if args.json:
        described = asdict(found)
        described["by_day"] = [{"day": day, **found.by_day[day]} for day in found.by_day]
        say_json(described)
    else:
        say("\n\n".join(_described(found)))
    return 0


def _described(found: Report) -> list[str]:
    parts = [_opening(found)]
    if found.comments:
        parts += [_days(found), _labels(found)]
    if found.findings:
        parts.append(_findings(found))
    if found.imported:
        parts.append(_imported(found))
    return parts


def _opening(found: Report) -> str:
    now = "is observed" if found.observe_only else "is not observed now"
    opening = (
        f"The site {found.site} {now}: {found.comments:,} comments since {found.since}"
        " were answered with an approval whatever the verdict."
    )
    if not found.comments and not found.observe_only:
        opening += f" To observe it: gatehouse site set {found.site} observe_only=yes"
    return opening


def _days(found: Report) -> str:
    rows = [("DAY (UTC)", *(f"{WOULD_BE[action]:>9}" for action in Action))]
    rows += [(str(day), *_numbers(actions)) for day, actions in found.by_day.items()]
    rows.append(("all", *_numbers(found.actions)))
    return f"Would have been:\n{table(rows)}"


def _labels(found: Report) -> str:
    return (
        f"The blog has labelled {found.labelled:,} of them and disagrees with"
        f" {found.missed_spam + found.false_positives:,}: {found.missed_spam:,} spam that would"
        f" have been approved, {found.false_positives:,} others that would not."
    )


def _findings(found: Report) -> str:
    rows = [("FINDING", "COMMENTS", "MEAN LOG-ODDS")]
    rows += [
        (each.name, f"{each.comments:>8,}", f"{each.mean_log_odds:+13.2f}")
        for each in found.findings
    ]
    return f"Most often against approval:\n{table(rows)}"


def _imported(found: Report) -> str:
    rows = [("THE BLOG HAD", *(f"{WOULD_BE[action]:>9}" for action in Action))]
    rows += [(WOULD_BE[Action(blog)], *_numbers(ours)) for blog, ours in found.imported.items()]
    return f"Imported comments, and what would have become of them here:\n{table(rows)}"


def _numbers(actions: Mapping[str, int]) -> tuple[str, ...]:
    return tuple(f"{actions[action]:>9,}" for action in Action)
