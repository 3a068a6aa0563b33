"""The computer itself: its clock, its files, its settings, its locks."""
