"""Rebuilds the two fonts of the render package from Noto Sans SC.

The originals (10 MB each) are not in the repository. Fetch and unpack them, then run this file::

    npm pack @expo-google-fonts/noto-sans-sc@0.4.3 && tar xzf expo-google-fonts-noto-sans-sc-0.4.3.tgz
    python layers/render/subset_fonts.py package

It refuses originals with other digests, so the result is the same bytes for everybody. Run it when
tests/render/test_fonts.py names characters that a policy text needs and the subset lacks.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont, newTable
from fontTools.ttLib.tables.ttProgram import Program

HERE = Path(__file__).resolve().parent
FONTS = HERE / "jianbiao_render" / "fonts"
POLICY_TEXTS = HERE.parent / "core" / "jianbiao" / "domain" / "data"
OWN_TEXTS = HERE / "jianbiao_render"

ORIGINALS = {
    "medium": (
        "500Medium/NotoSansSC_500Medium.ttf",
        "b30853d205f3ecdde938b1488c735ee15a2e870d31331b992fdc53971e23ec4a",
    ),
    "bold": (
        "700Bold/NotoSansSC_700Bold.ttf",
        "9a38ae0ab28cd5a256f9ea8e00dedc688aac17f7915fcb000572990afa956b96",
    ),
}
PUNCTUATION = "·—–…“”‘’、。《》〈〉「」【】（），：；！？％／－～〇①②③④⑤⑥→←↓↑✓×°©±≤≥　"
PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
SUFFIXES = "挂学警港澳使领临试超应急"
DISPLAY = "机动车检验标志电子凭证有效期至年月日演示测试样张无效非正式仅供第一二三四五六七八九十〇"


def gb2312_level_1() -> str:
    """The 3,755 hanzi of GB 2312 level 1 (rows 16 to 55)."""
    cells = ((row, cell) for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF))
    return "".join(bytes(c).decode("gb2312") for c in cells if not (c[0] == 0xD7 and c[1] > 0xF9))


def strings(value: object) -> Iterator[str]:
    """Every string in a JSON value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


def policy_characters(folder: Path = POLICY_TEXTS) -> set[str]:
    """All printable characters in the policy's texts and code tables."""
    found: set[str] = set()
    for path in sorted(folder.rglob("*.json")):
        for text in strings(json.loads(path.read_bytes())):
            found.update(text)
    return {char for char in found if char.isprintable()}


def own_characters(folder: Path = OWN_TEXTS) -> set[str]:
    """All characters in the sources of the render package: what a face or a page can say by itself."""
    paths = [path for pattern in ("*.py", "data/*.json") for path in folder.glob(pattern)]
    return {char for path in paths for char in path.read_text("utf-8") if char.isprintable()}


def wanted(weight: str) -> set[str]:
    """Characters of one of the two fonts: `medium` sets every text, `bold` titles, plates and dates."""
    ascii_ = {chr(code) for code in range(0x20, 0x7F)}
    if weight == "bold":
        return ascii_ | set("·—（）：，。、") | set(PROVINCES + SUFFIXES + DISPLAY) | own_characters()
    everything = ascii_ | set(PUNCTUATION + PROVINCES + SUFFIXES + gb2312_level_1())
    return everything | own_characters() | policy_characters()


def build(source: Path, weight: str) -> bytes:
    """One subset as TrueType bytes: glyf outlines, no hinting, no layout tables, fixed time stamps."""
    name, digest = ORIGINALS[weight]
    original = source / name
    if hashlib.sha256(original.read_bytes()).hexdigest() != digest:
        raise SystemExit(f"{original} is not the original this subset is made from (SHA-256 differs)")
    font = TTFont(original, recalcTimestamp=False)
    options = subset.Options()
    options.hinting = False
    options.layout_features = []
    options.notdef_outline = True
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.drop_tables += ["BASE", "GDEF", "GPOS", "GSUB", "STAT", "gasp", "vhea", "vmtx"]
    worker = subset.Subsetter(options)
    worker.populate(unicodes=[ord(char) for char in wanted(weight)])
    worker.subset(font)
    # A font program that does nothing: without any, FreeType hints by itself and shifts small letters about.
    font["fpgm"] = newTable("fpgm")
    font["fpgm"].program = Program()
    font["fpgm"].program.fromBytecode(bytes((0xB0, 0x00, 0x2C, 0x2D)))  # PUSHB[1] 0, FDEF, ENDF
    font["maxp"].maxFunctionDefs, font["maxp"].maxStackElements = 1, 1
    for record in font["name"].names:
        # A changed font says so in its name; "Noto" stays in the copyright and the licence.
        if record.nameID in {1, 3, 4}:
            record.string = f"Jianbiao Sans {weight.title()}"
        if record.nameID == 6:
            record.string = f"JianbiaoSans-{weight.title()}"
    target = FONTS / f"{weight}.ttf"
    font.save(target)
    return target.read_bytes()


def main() -> int:
    """Command line: folder of the originals in, two files in jianbiao_render/fonts out."""
    parser = argparse.ArgumentParser(description="Subset the fonts of the faces (see the module's text).")
    parser.add_argument(
        "source", type=Path, help="unpacked npm package @expo-google-fonts/noto-sans-sc 0.4.3"
    )
    source: Path = parser.parse_args().source
    for weight in ORIGINALS:
        made = build(source, weight)
        sys.stdout.write(f"{weight}: {len(made):,} bytes, {hashlib.sha256(made).hexdigest()}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
