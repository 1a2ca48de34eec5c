"""The measurements of the project: `python -m bench`, or `python -m bench p1 p8`."""
