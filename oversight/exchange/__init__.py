"""Workbooks in and out: what a file says, row by row, and what is wrong with it. Knows no database
and no web.
"""
