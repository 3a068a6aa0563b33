"""The SOAP clients of CertRA v2, EtkRA v2 and EtkDepot v1: `client.EhealthServices`, configured by `config`."""
