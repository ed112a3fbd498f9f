"""Faults of servers, their configuration, files and limits."""
