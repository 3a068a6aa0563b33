"""The memory: procedures, their facts and their journal in a database."""
