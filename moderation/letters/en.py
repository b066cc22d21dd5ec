"""Letters in English."""

LETTERS = {
    "hello": "Hello,",
    "removed": "Your comment on {site} was removed",
    "removed.what": "your comment of {day} on {site} is no longer shown.",
    "removed.where": "It stood here: {post}",
    "removed.terms": "The reason: {title} (house rules, {clause}). {sentence}",
    "removed.law": "The reason: we consider it unlawful ({clause}: {title}). {sentence}",
    "removed.note": "The moderators add:\n{note}",
    "removed.notice16.found": "A reader had reported it to us. A person decided.",
    "removed.own.machine": "An automatic filter had set it aside. A person decided.",
    "removed.own.person": "The moderators came across it themselves. No machine was involved.",
    "removed.how_long": "It is hidden everywhere, and without a limit of time.",
    "removed.appeal": (
        "Do you think this is wrong? Until {until} you can tell us so, without an account, and we"
        " look at it again:\n{link}"
    ),
    "removed.court": "Whatever we decide, you can also go to a court.",
    "upheld": "Your comment on {site} is shown again",
    "upheld.what": (
        "you asked us to look at your comment of {day} on {site} again. You were right: it should"
        " not have been removed, and we have restored it. Please excuse the trouble."
    ),
    "dismissed": "Your comment on {site} stays removed",
    "dismissed.what": (
        "you asked us to look at your comment of {day} on {site} again. A person has done so, and"
        " it stays removed."
    ),
    "restored": "Your comment on {site} is shown again",
    "restored.what": (
        "we wrote to you that your comment of {day} on {site} was removed. That has been taken"
        " back: it is shown again."
    ),
    "received": "Your report has reached us",
    "received.what": (
        "thank you: the report of a comment on {site} that was sent with this address has reached"
        " us on {day}. A person looks at it; no machine decides. You will hear what came of it."
    ),
    "received.not_you": "If you did not report anything, you need do nothing.",
    "acted": "What became of your report",
    "acted.removed": (
        "you reported a comment on {site} on {day}. A person looked at it, and it was removed."
        " Thank you for telling us."
    ),
    "acted.kept": (
        "you reported a comment on {site} on {day}. A person looked at it and decided that it may"
        " stay. Thank you for telling us all the same."
    ),
    "acted.court": "If you disagree, you can write to the operators of {site}, or go to a court.",
    "told.approve": "Your comment is shown.",
    "told.hold": "Your comment waits for a moderator to look at it.",
    "told.machine": (
        "An automatic check took your comment for unwanted advertising, so it is not shown. If that"
        " is a mistake, a person will look at it."
    ),
    "told.spam": ("A moderator took your comment for unwanted advertising, so it is not shown."),
    "told.reject": "A moderator has removed your comment.",
    "told.terms": (
        "A moderator has removed your comment: {title} (house rules, {clause}). {sentence}"
    ),
    "told.law": (
        "A moderator has removed your comment as unlawful ({clause}: {title}). {sentence}"
    ),
    "bye": "{site}\nThis mail was written automatically.",
}
