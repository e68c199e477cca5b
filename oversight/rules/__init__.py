"""Guards and effects: the verbs of definitions that touch the nouns.

They get a context of one attempt and neither commit nor know who called.
"""
