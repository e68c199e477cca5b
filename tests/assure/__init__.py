"""Do the tests bite? Faults are put into the rules of the house, one at a time, and must be found."""
