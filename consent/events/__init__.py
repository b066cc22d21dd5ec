"""The public write endpoint: a visitor's choice, from the page to the log.

``reading`` says what an event is, ``rules`` what one may say, ``limits`` how many may come;
``endpoint`` tells the whole story.
"""
