"""When: work days, rest days, the zone's choices, planned party days. Writes planned days only."""
