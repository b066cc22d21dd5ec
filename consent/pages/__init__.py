"""Pages for auditors and operators: the log at ``/consent-log``, notices at ``/notices``.

``asking`` reads what somebody wants to see, ``entries`` shows it and ``numbers`` plots it;
``notices`` lists versions, and publishes one after a preview.
"""

from pathlib import Path

from consent.pages import entries, notices, numbers
from service.pages import files, frame, guard

FOLDER = Path(__file__).parent
frame.add_templates(FOLDER / "templates")
files.add_files(FOLDER / "static")

routes = (*numbers.routes, *entries.routes, *notices.routes)
ANSWERS = dict.fromkeys(("/consent-log", "/notices"), guard.refusal)

__all__ = ["ANSWERS", "routes"]
