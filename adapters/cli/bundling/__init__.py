"""Bundles: what a user mails to the helpdesk about one procedure, and how the helpdesk reads it."""
