"""The far side, embedded: an honest simulation of eHealth's CertRA v2, EtkRA v2 and EtkDepot v1."""
