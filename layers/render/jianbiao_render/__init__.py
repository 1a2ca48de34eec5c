"""Faces (SVG, PNG, PDF) and pages (HTML) of certificates. Heavy libraries are imported where they are used."""
