"""What an installation does beside answering requests: demo, sweep, calendar, printing the law,
serving.
"""
