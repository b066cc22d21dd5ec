"""Comments of an invented blog about gardens, and a blog that labels them."""

from dataclasses import dataclass
from typing import Any

from moderation import feedback
from moderation.feedback import Label, Labelling, Source
from service import clock
from service.audit import ActorKind
from tests import factories

PLANTS = (
    "tomatoes",
    "beans",
    "roses",
    "leeks",
    "apples",
    "quinces",
    "peas",
    "herbs",
    "figs",
    "kale",
)
PLACES = ("behind the shed", "on the balcony", "near the pond", "under glass", "by the south wall")
MONTHS = ("March", "April", "May", "June", "July", "August")
OFFERS = ("green pellets", "magic compost", "moon fertiliser", "root tonic", "leaf drops")
BUYERS = ("my neighbour", "our club", "a friend", "the whole street", "my cousin", "everybody here")


def honest(n):
    plant, place, month = PLANTS[n % 10], PLACES[n // 10 % 5], MONTHS[n // 50 % 6]
    return f"We sowed {plant} {place} in {month} and number {n} came up well after the rain."


def advertising(n):
    """What the model that ships does not know for spam: it must be taught."""
    offer, buyer, month = OFFERS[n % 5], BUYERS[n // 5 % 6], MONTHS[n // 30 % 6]
    return f"Grandpa Theo ships {offer} since {month}, {buyer} ordered lot {n} at Theo depot."


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
