"""The benchmark: `python benchmarks/run.py`."""
