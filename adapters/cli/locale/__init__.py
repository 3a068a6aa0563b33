"""The catalogues of the user's languages, and what keeps them complete."""
