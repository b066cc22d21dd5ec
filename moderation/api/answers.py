"""Verdicts and problems as the API says them."""

from collections.abc import Iterable

import msgspec
from aiohttp import web

from moderation.api.requests import JSON
from moderation.api.types import Failure, Judged, Reason
from moderation.intake import Receipt
from moderation.observed import answered
from moderation.verdicts import Finding
from moderation.wording import sentence
from service import errors
from service.http import problem, status_of
from service.sites import Site

encode = msgspec.json.Encoder().encode


def judged(receipt: Receipt, site: Site, language: str | None) -> Judged:
    """What the site's blog hears; ``language`` None leaves the findings out."""
    verdict = answered(receipt.verdict, site.settings)
    return Judged(
        id=receipt.id,
        first_id=receipt.first_id,
        action=verdict.action,
        probability=verdict.probability,
        log_odds=verdict.log_odds,
        findings=[] if language is None else reasons(verdict.findings, language),
        decided_by=verdict.decided_by,
        model=verdict.model,
        adjustment=verdict.adjustment,
    )


def reasons(findings: Iterable[Finding], language: str) -> list[Reason]:
    return [
        Reason(finding.name, finding.log_odds, sentence(finding, language)) for finding in findings
    ]


def say(value: msgspec.Struct, status: int = 200, **headers: str) -> web.Response:
    """``headers`` are header names with ``_`` for ``-``."""
    return web.Response(
        body=encode(value),
        status=status,
        content_type=JSON,
        headers={name.replace("_", "-"): text for name, text in headers.items()},
    )


def failure(error: errors.ServiceError) -> Failure:
    return Failure(
        type=f"urn:gatehouse:{error.code}",
        title=error.title,
        status=status_of(error),
        detail=str(error),
    )


def refusal(error: errors.ServiceError) -> web.Response:
    """A problem document; a missing credential is asked for (RFC 9110, 11.6.1)."""
    response = problem(error)
    if isinstance(error, errors.Unauthenticated):
        response.headers["WWW-Authenticate"] = 'Bearer realm="gatehouse"'
    return response
