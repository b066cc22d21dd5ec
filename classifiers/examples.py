"""What the classifier sees of a comment, and where labelled examples come from."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One comment as the classifier sees it, whatever platform sent it.

    ``None`` means *not known* (the source has no such field) and is not the same as ``""`` (the
    person left the field empty): a feature of an unknown field contributes nothing.
    ``text`` is untrusted, may hold markup, and may be of any length.
    """

    text: str
    author: str | None = None
    url: str | None = None  # the author's own link
    mail_domain: str | None = None  # what follows the @ of the author's address
    permalink: str | None = None  # address of the post
    title: str | None = None  # title of the post
    context: str | None = None  # tags and categories of the post, joined by spaces
    language: str | None = None  # of the blog, as BCP 47 or the Akismet list "de, en_us"
    kind: str | None = None  # "comment", "reply", "pingback", "trackback", "contact-form", ...
    form_seconds: float | None = None  # between opening the page and sending
    script_ran: bool | None = None  # the page's script left its marks in the form
