"""The words of the law: clauses, roles, definitions, what they ask, their check and their print. No
table.
"""
