"""Notices: what people are told and asked, in versions that never change.

``document`` says what a notice is, ``rules`` what one must say before it may be published,
``changes`` what a new version does to consent that was given before.  ``publishing`` publishes,
``drafts`` are texts to begin with, ``tokens`` prove what a page has shown.  ``endpoints`` serve
notices to anyone, ``api`` and ``command`` publish them.
"""
