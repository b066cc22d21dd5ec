"""Comments of an invented blog about gardens, and a blog that labels them."""

from dataclasses import dataclass
from random import Random
from typing import Any

from moderation import feedback
from moderation.feedback import Label, Labelling, Source
from service import clock
from service.audit import ActorKind
from tests import factories

GARDEN = (  # noqa: SIM905  (nobody reads a list of forty words)
    "we sowed tomatoes beans roses leeks apples quinces after the rain behind old shed in March"
    " and found that moss grows near ponds while birds took seeds from each second row of my garden"
).split()
DEPOT = (  # noqa: SIM905
    "Grandpa Theo ships green pellets magic compost moon fertiliser root tonic since May to our"
    " club and neighbours who ordered a lot at Theo depot where leaf drops cost less than at market"
).split()
WORDS = 14


def honest(n):
    return f"{' '.join(Random(f'garden {n}').sample(GARDEN, WORDS))}."  # noqa: S311


def advertising(n):
    """What the model that ships does not know for spam: it must be taught."""
    return f"{' '.join(Random(f'depot {n}').sample(DEPOT, WORDS))}!"  # noqa: S311


@dataclass
class Taught:
    conn: Any
    site: Any
    intake: Any
    learning: Any
    learn: Any

    async def check(self, text, **fields):
        comment = factories.comment(text=text, **fields)
        return await self.intake.submit(comment, self.site, None)

    async def label(self, text, label, *, source=Source.MODERATOR, reporter="mod", **fields):
        """The comment's id, once it is stored and labelled."""
        receipt = await self.check(text, **fields)
        said = Labelling(
            receipt.id, Label(label), source, ActorKind.OPERATOR, "test", reporter=reporter
        )
        async with self.conn.transaction():
            await feedback.label_comment(self.conn, self.site, said, clock.now())
        return receipt.id

    async def label_garden(self, numbers, **fields):
        """Honest comments and advertising, by turns."""
        for n in numbers:
            await self.label(honest(n), "ham", permalink=f"/{n}", address=None, **fields)
            await self.label(advertising(n), "spam", permalink=f"/{n}", address=None, **fields)

    async def log_odds(self, text, **fields):
        verdict = (await self.check(text, address=None, **fields)).verdict
        return verdict.log_odds
