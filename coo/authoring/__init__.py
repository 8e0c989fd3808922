"""Evaluating rules: how they fare on logs, and their lives. Pure; files are read and written by the adapters."""
