"""The wire format JB1: certificate bytes, keys, status lists, and the strict verifier."""
