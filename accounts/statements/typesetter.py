"""Sets one PDF in a process of its own: ``python typesetter.py < data.json > file.pdf``. Needs nothing of the wallet.

Its memory goes back when it ends, a limit of time can stop it, and what crashes it crashes nobody else. Nothing is
fetched: template and fonts are files of this installation. The data is data; no text in it can be markup.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import manimgx_fonts
import manimgx_fonts_cjk
import typst
from fontTools.ttLib import TTFont

TEMPLATE = Path(__file__).with_name("statement.typ")
SCRIPTS = (
    "Arabic Hebrew Devanagari Bengali Gurmukhi Gujarati Oriya Tamil Telugu Kannada Malayalam Sinhala"
    " Thai Lao Khmer Myanmar Armenian Georgian Ethiopic Symbols"
)
FAMILIES = ("Noto Sans", "Noto Sans CJK SC", *(f"Noto Sans {script}" for script in SCRIPTS.split()), "Noto Emoji")
"""Asked in this order for each character: an emoji also has digits of its own."""
MISSING = "\u25a1"
"""Stands for a character that no font has: PDF/UA allows no character without a shape."""
KEYCAP = "\ufe0f\u20e3"
"""Makes a key of the digit before it; the digit has a font of its own, which has no keys."""


def main() -> int:
    """The whole program; 0 when the PDF was written."""
    folders = [Path(module.__file__).parent for module in (manimgx_fonts, manimgx_fonts_cjk) if module.__file__]
    data = _showable(sys.stdin.buffer.read().decode(), _characters(folders))
    made = typst.compile(
        TEMPLATE.read_bytes(),
        format="pdf",
        font_paths=typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder) for folder in folders]
        ),
        sys_inputs={"families": json.dumps(FAMILIES), "data": data},
        pdf_standards=["ua-1"],
    )
    sys.stdout.buffer.write(made)
    return 0


def _characters(folders: list[Path]) -> set[int]:
    """What the fonts of the template can show."""
    files = [path for folder in folders for path in folder.glob("Noto*.[ot]t[fc]")]
    return {code for path in files for code in TTFont(path, fontNumber=0, lazy=True).getBestCmap()}


def _showable(data: str, known: set[int]) -> str:
    """The data without characters that have no shape. JSON's own signs are in every font."""
    text = json.dumps(json.loads(data), ensure_ascii=False).replace(KEYCAP, "")
    unknown = dict.fromkeys(set(map(ord, text)) - known, MISSING)
    return text.translate(unknown)


if __name__ == "__main__":
    sys.exit(main())
