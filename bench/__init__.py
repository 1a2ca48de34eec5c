"""The measurements of the project: `python -m bench`, or `python -m bench p1 p8`."""

import sys
from pathlib import Path

# Run from a checkout, without installing: the packages are where the layers have them.
sys.path[:0] = [str(Path(__file__).parents[1] / "layers" / name) for name in ("core", "render")]
