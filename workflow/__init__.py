"""The rules: what a procedure is, which state follows which, and what is remembered."""
