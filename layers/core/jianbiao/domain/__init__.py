"""Pure rules: vehicles, plates, VIN, inspection cycles, eligibility, life of a certificate, policy."""
