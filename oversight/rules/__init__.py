"""Guards and effects of definitions, which read and write tables.

They get the context of one transition and do not commit.
"""
