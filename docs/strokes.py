"""Make src/praya/kernel/strokes.txt anew: the number of strokes of each Chinese character, from Unicode's data.

Usage: python docs/strokes.py Unihan_IRGSources.txt

The file comes from Unicode (https://www.unicode.org/Public/UCD/latest/ucd/Unihan.zip), or from Debian's package
`unicode-data`, packed with bzip2. Its terms of use are at https://www.unicode.org/terms_of_use.html.
"""

import sys
from pathlib import Path

TO = Path(__file__).parents[1] / "src" / "praya" / "kernel" / "strokes.txt"


def main(source: Path) -> None:
    """Write the characters of the basic block, a line for each number of strokes."""
    by_count: dict[int, list[str]] = {}
    version = ""
    for line in source.read_text("utf-8").splitlines():
        if line.startswith("# Unicode version:"):
            version = line.removeprefix("# Unicode version:").strip()
        code, _, rest = line.partition("\tkTotalStrokes\t")
        if rest and 0x4E00 <= int(code[2:], 16) <= 0x9FFF:
            # Where there are two numbers, the second is that of the traditional form.
            by_count.setdefault(int(rest.split()[-1]), []).append(chr(int(code[2:], 16)))
    lines = [
        f"# kTotalStrokes of Unicode {version}, U+4E00 to U+9FFF, by docs/strokes.py.",
        "# Copyright Unicode, Inc.; terms of use: https://www.unicode.org/terms_of_use.html",
        *(f"{count} {''.join(sorted(found))}" for count, found in sorted(by_count.items())),
    ]
    TO.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
