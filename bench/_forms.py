"""A directory of forms of any size, in the schema of the official list: invented forms of real departments.

Usage: python -m bench._forms 3300 > forms.json
"""

import sys
from collections.abc import Iterator
from functools import lru_cache
from itertools import count, islice
from pathlib import Path
from typing import Any

import opencc
import yaml

from praya.kernel import jsontext

SOURCE = Path(__file__).with_name("forms.yaml")
FIELDS = ("department", "title", "url")


@lru_cache(maxsize=1)
def _source() -> dict[str, Any]:
    return dict(yaml.safe_load(SOURCE.read_text("utf-8")))


def forms(number: int) -> Iterator[dict[str, str]]:
    """So many forms, each with a title of its own; beyond those without a district there is one for each district."""
    return islice(_all(), number)


def _all() -> Iterator[dict[str, str]]:
    source, simplified = _source(), opencc.OpenCC("hk2s").convert
    for series in count():
        districts = source["districts"] if series else [None]
        for district in districts:
            for department in source["departments"]:
                for thing in department["gives"]:
                    for action in source["actions"]:
                        title, chinese = (text.format(part) for text, part in zip(action, thing, strict=True))
                        if district:
                            behind = [
                                text.format(name, series) for text, name in zip(source["series"], district, strict=True)
                            ]
                            title, chinese = title + behind[0], chinese + behind[1]
                        slug = "-".join(title.lower().replace("(", "").replace(")", "").replace(",", "").split())
                        names = {"en": department["name"][0], "tc": department["name"][1]}
                        titles = {"en": title, "tc": chinese}
                        yield {
                            **{f"{lang}_department": names[lang] for lang in names},
                            "sc_department": simplified(names["tc"]),
                            **{f"{lang}_title": titles[lang] for lang in titles},
                            "sc_title": simplified(titles["tc"]),
                            **{f"{lang}_url": f"https://forms.example/{lang}/{slug}" for lang in ("en", "tc", "sc")},
                        }


if __name__ == "__main__":
    sys.stdout.write(jsontext.dumps(list(forms(int(sys.argv[1]))), indent=1) + "\n")
