"""coo: rule-first triage of failed GitHub Actions runs."""

__version__ = "0.1.0"
