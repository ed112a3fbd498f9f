"""droplab: a reproducible lab environment with network fault injection."""

__version__ = "0.1.0"
