"""Moves cases: who may, what is asked, where a case lies, what is recorded and what follows."""
