"""Sets one PDF in a process of its own: ``python typesetter.py < data.json > file.pdf``. Needs nothing of the wallet.

Its memory goes back when it ends, a limit of time can stop it, and what crashes it crashes nobody else. Nothing is
fetched: template and fonts are files of this installation. The data is data; no text in it can be markup.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import fontpkg_noto_sans
import fontpkg_noto_sans_arabic
import pylopdf_fonts_zh_cn
import typst
from fontTools.ttLib import TTFont

TEMPLATE = Path(__file__).with_name("statement.typ")
FAMILIES = ("Noto Sans", "Noto Sans SC", "Noto Sans Arabic")
MISSING = "\u25a1"
"""Stands for a character that no font has: PDF/UA allows no character without a shape."""


def main() -> int:
    """The whole program; 0 when the PDF was written."""
    folders = [
        Path(module.__file__).parent
        for module in (fontpkg_noto_sans, fontpkg_noto_sans_arabic, pylopdf_fonts_zh_cn)
        if module.__file__
    ]
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
    files = [path for folder in folders for path in folder.rglob("*.[ot]tf") if path.name.startswith("NotoSans")]
    return {code for path in files for code in TTFont(path, lazy=True).getBestCmap()}


def _showable(data: str, known: set[int]) -> str:
    """The data without characters that have no shape. JSON's own signs are in every font."""
    text = json.dumps(json.loads(data), ensure_ascii=False)
    unknown = dict.fromkeys(set(map(ord, text)) - known, MISSING)
    return text.translate(unknown)


if __name__ == "__main__":
    sys.exit(main())
