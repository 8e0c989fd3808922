"""Reports: pure functions from a triage or a classification to text."""
