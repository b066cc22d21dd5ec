"""``/demo``: a blog that shows what visitors and operators get, and judges comments for real.

``page`` shows it and takes its form, ``commenting`` judges; ``consent.notices.demonstration`` has
published its site's notices.  Without that site (taken away, or never made) there is no page.
"""

from pathlib import Path

from moderation.demo import page
from service.pages import files, frame, guard

FOLDER = Path(__file__).parent
frame.add_templates(FOLDER / "templates")
files.add_files(FOLDER / "static")

routes = page.routes
context = page.limit_context
ANSWERS = {"/demo": guard.refusal}

__all__ = ["ANSWERS", "context", "routes"]
