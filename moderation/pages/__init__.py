"""The moderators' pages: the queue at ``/review``, and a page for each comment."""

from pathlib import Path

from moderation.pages import acting, comment, events, queue, settings
from service.pages import files, frame, guard

FOLDER = Path(__file__).parent
frame.add_templates(FOLDER / "templates")
files.add_files(FOLDER / "static")

routes = (*queue.routes, *acting.routes, *events.routes, *comment.routes, *settings.routes)
ANSWERS = {"/review": guard.refusal, "/settings": guard.refusal}

__all__ = ["ANSWERS", "routes"]
