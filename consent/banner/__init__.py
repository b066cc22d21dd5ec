"""The visitor's side: one script on any blog that asks, remembers, blocks, and tells us.

``source`` holds what runs in the page: ``loader.js`` is what the blog names, ``adapter.js`` with
its parts turns a notice into the question and its answer into an event, ``banner.css`` is our
style.  ``vendored`` is the library that draws the question, as it was published.  ``files`` serves
both under their digests, ``store`` keeps those that a published notice names, ``view`` is the part
of a notice that a page needs, ``words`` what we say beside it, ``endpoint`` answers.
"""
