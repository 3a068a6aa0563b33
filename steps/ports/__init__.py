"""What the steps need from the outside: the card, keystores, eHealth, keys."""
