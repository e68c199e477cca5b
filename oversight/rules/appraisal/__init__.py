"""Guards, facts and effects of the yearly appraisal."""
