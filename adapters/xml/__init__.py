"""Parsing and signing of XML, shared by the eHealth clients and the sandbox."""
