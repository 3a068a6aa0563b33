"""The Belgian identity card: through PKCS#11, and as a card made of files for the sandbox."""
