"""What was owed and what was recorded: attendance, arrangements, life meetings, their course, the
superior's month table, a member's own year.
"""
