"""The pure core: no files, network, clock or environment."""
