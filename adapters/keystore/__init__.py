"""Keystores: PKCS#12 files with several private keys, written and read without losing one."""
