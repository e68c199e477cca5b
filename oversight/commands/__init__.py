"""The command line's subjects, one module each.

`cli.py` is its table of contents and loads a subject when used.
"""
