"""The review queue: people see what the machine was unsure of, and decide.

``deciding`` writes decisions and takes them back, ``listing`` finds comments, ``searching`` keeps
their words, ``live`` tells who is looking and what was decided elsewhere.
"""
