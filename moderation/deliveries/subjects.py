"""A delivery and the comment it is about, as they stand when it is sent."""

from dataclasses import dataclass
from datetime import UTC, datetime

from moderation.deliveries.store import Subject
from moderation.verdicts import Action
from service.outbox import Claimed, Event

_OF_EVENT = {
    Event.APPROVED: Action.APPROVE,
    Event.HELD: Action.HOLD,
    Event.REJECTED: Action.REJECT,
}
_OF_LABEL = {"ham": Action.APPROVE, "spam": Action.REJECT}


@dataclass(frozen=True, slots=True)
class About:
    claimed: Claimed
    subject: Subject

    @property
    def action(self) -> Action:
        """What shall become of the comment: what the event says, or what people say by now.

        A decision that was taken back leaves what the machine answered.
        """
        if (event := Event(self.claimed.event)) is not Event.DECIDED:
            return _OF_EVENT[event]
        if self.subject.decision is not None:
            return Action(self.subject.decision)
        if self.subject.label is not None:
            return _OF_LABEL[self.subject.label]
        return Action.APPROVE if self.subject.observed else Action(self.subject.action)

    @property
    def happened_at(self) -> datetime:
        """When the delivery was enqueued: its UUIDv7 begins with Unix milliseconds."""
        return datetime.fromtimestamp((self.claimed.id.int >> 80) / 1000, UTC)
