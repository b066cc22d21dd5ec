"""Consent: who agreed to what, provably; and where personal data lies, erasably."""
