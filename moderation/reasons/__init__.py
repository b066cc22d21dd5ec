"""Why a person removed a comment: statements of reasons in the sense of DSA Art. 17.

``rules`` is what a site asks of those who comment, ``stating`` writes the statement with the
decision and puts the mail to the author, ``exporting`` makes of statements what the European
transparency database takes.  Spam gets none: Art. 17(2) spares deceptive high-volume content.
"""
