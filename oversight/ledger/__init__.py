"""What was owed and what was recorded: attendance, arrangements, life meetings, a member's own
year.
"""
