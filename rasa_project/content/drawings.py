"""The drawings as PNG, for messaging platforms, which show no SVG."""

from functools import lru_cache

import resvg_py

from rasa_project.settings import DRAWINGS_FOLDER

WIDTH = 960  # pixels


@lru_cache(maxsize=64)
def as_png(name: str) -> bytes:
    """A file of ``data/drawings/``, drawn.

    Raises:
        KeyError: there is no such drawing.
    """
    paths = {path.name: path for path in DRAWINGS_FOLDER.glob("*.svg")}
    # Without fonts: the drawings have no text, and look the same on every machine.
    return bytes(resvg_py.svg_to_bytes(svg_string=paths[name].read_text(encoding="utf-8"), width=WIDTH, background="#ffffff", skip_system_fonts=True))
