"""The moderators' pages: the queue at ``/review``, a page for each comment, and statistics.

Authors and readers have theirs, too: ``appeal`` and ``report``, opened by signed links.
"""

from pathlib import Path

from moderation.pages import (
    acting,
    appeal,
    comment,
    events,
    queue,
    report,
    settings,
    statistics,
    waiting,
)
from moderation.pages.public import public_context
from service.pages import files, frame, guard

FOLDER = Path(__file__).parent
frame.add_templates(FOLDER / "templates")
files.add_files(FOLDER / "static")

routes = (
    *queue.routes,
    *acting.routes,
    *events.routes,
    *comment.routes,
    *settings.routes,
    *appeal.routes,
    *report.routes,
    *statistics.routes,
    *waiting.routes,
)
ANSWERS = dict.fromkeys(
    ("/review", "/settings", "/appeal", "/report", "/statistics"), guard.refusal
)

__all__ = ["ANSWERS", "public_context", "routes"]
