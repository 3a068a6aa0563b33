"""Time travel: the journal of a bundle is played again by the engine and its steps, against the embedded sandbox."""
