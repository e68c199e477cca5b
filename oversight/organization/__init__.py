"""Who stands where on a day: units, members, acting. Reads only."""
