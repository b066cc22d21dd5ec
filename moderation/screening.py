"""Judging comments: the scorer, the checks and the history report, ``verdicts.decide`` rules."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from classifiers.corrections import Correction
from classifiers.examples import Example
from classifiers.scorer import Score
from moderation.checks import CHECKS, RULES, Ruling
from moderation.comments import Comment
from moderation.history import NOTHING, SIGNALS, Evidence
from moderation.verdicts import Action, Finding, Thresholds, Verdict, decide, logistic, total
from service.sites import Site

# What a person said of this very comment, as an action.
DECIDED = {"spam": Action.REJECT, "ham": Action.APPROVE, "hold": Action.HOLD}


class Scorer(Protocol):
    """What screening needs of a classifier; ``classifiers.scorer.Scorer`` is one."""

    version: str

    def score(self, examples: Sequence[Example]) -> list[Score]:
        """Terms that sum to calibrated log-odds, and fingerprints, for each example."""
        ...

    def corrected(
        self, examples: Sequence[Example], asked: Mapping[int, Mapping[str, Correction]]
    ) -> list[Score]:
        """``score``, with another term for each correction that an example's site has learnt."""
        ...


def example(comment: Comment, site: Site) -> Example:
    """The comment as the classifier sees it."""
    return Example(
        text=comment.text,
        author=comment.author,
        url=comment.url,
        mail_domain=comment.email.rpartition("@")[2].lower() if comment.email else comment.email,
        permalink=comment.permalink,
        title=comment.title,
        context=" ".join(comment.context) or None,
        language=comment.languages or site.language,
        kind=comment.kind,
        form_seconds=comment.form_seconds,
        script_ran=comment.script_ran,
    )


def judge(
    comment: Comment, site: Site, score: Score, model: str, evidence: Evidence = NOTHING
) -> Verdict:
    """The verdict on one comment; pure and bounded.

    The findings sum to the log-odds.  A ruling decides alone, whatever they sum to: it is listed
    first, weighs nothing, and is named in ``decided_by``.
    """
    findings = _findings(comment, site, score, evidence)
    log_odds = total(findings)
    probability = logistic(log_odds)
    settings = site.settings
    thresholds = Thresholds(
        settings.hold_threshold, settings.reject_threshold, settings.discard_threshold
    )
    action = decide(probability, thresholds)
    ruling = _ruling(comment, site, evidence)
    # Who asks for a person's eyes does not save what is rejected anyway.
    asks = ruling is not None and ruling.action is Action.HOLD and evidence.decision is None
    if ruling and not (asks and action is Action.REJECT):
        findings.insert(0, Finding(ruling.name, 0.0, ruling.parameters))
        action = ruling.action
    else:
        ruling = None
    return Verdict(
        action=action,
        probability=probability,
        log_odds=log_odds,
        findings=tuple(findings),
        model=model,
        decided_by=ruling.name if ruling else "",
        discardable=action is Action.REJECT and probability >= thresholds.discard,
    )


def _findings(comment: Comment, site: Site, score: Score, evidence: Evidence) -> list[Finding]:
    findings = [Finding(name, log_odds, {"value": value}) for name, log_odds, value in score.terms]
    findings += [found for check in CHECKS if (found := check(comment, site))]
    if evidence is not NOTHING:
        findings += [found for signal in SIGNALS if (found := signal(evidence))]
    return findings


def _ruling(comment: Comment, site: Site, evidence: Evidence) -> Ruling | None:
    """The first rule that applies; what a person decided of this very comment comes before all."""
    if evidence.decision is not None:
        action = DECIDED[evidence.decision]
        return Ruling(action, "decided_before")
    for rule in RULES:
        if ruling := rule(comment, site):
            return ruling
    return None
