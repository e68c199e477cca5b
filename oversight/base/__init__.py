"""What knows no Party and no case: refusals, sentences, clock, database, settings, files, seals,
sandbox.
"""
