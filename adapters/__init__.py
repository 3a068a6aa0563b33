"""The outside world: each folder reaches one part of it with one library."""
