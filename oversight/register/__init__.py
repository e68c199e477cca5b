"""Who is there: units, members, posts, accounts and the zone's choices, and how they change."""
