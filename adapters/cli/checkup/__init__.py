"""What `ehcert doctor` examines: files, the store and its procedures, keystores, the clock, the card reader."""
