"""All I/O: one file for each port."""
