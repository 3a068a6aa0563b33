"""The work of a procedure: one verb per file, talking only to the ports."""
