"""Mistakes made on purpose, and the tests that have to notice them: `python -m tests.mutants`."""
