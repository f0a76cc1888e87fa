"""CONTRIBUTING.md's recipes as changes to files, and taking them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[2]
PAGE = PROJECT / "CONTRIBUTING.md"

_FILE = re.compile(r"\d\. `(?P<file>[^`]+)`, (?P<rest>.+)", re.DOTALL)
_PLACE = re.compile(
    r"(?:and )?(?P<how>new|at the end|after the line|before the line|instead of the line)(?: `(?P<line>[^`]+)`)?:"
)


@dataclass(frozen=True)
class Change:
    """Code for one place of one file: a new file, its end, or what stands after, before or instead of a line."""

    file: str
    how: str
    line: str
    code: str

    def take(self, package: Path) -> None:
        """Make the change in a copy of the project. Raises AssertionError where the place is not there."""
        path = package / self.file
        if self.how == "new":
            assert not path.exists(), f"{self.file} is there already"
            path.write_text(self.code, encoding="utf-8")
            return
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        imports, code = _parted(self.code)
        if self.how == "at the end":
            path.write_text("".join((*lines, imports, code)), encoding="utf-8")
            return
        at = next((n for n, line in enumerate(lines) if line.strip() == self.line), None)
        assert at is not None, f"{self.file} has no line {self.line!r}"
        lines[at + (self.how == "after the line") : at + (self.how != "before the line")] = [code]
        if imports:
            ours = (n for n, line in enumerate(lines) if line.startswith("from creativity_assets"))
            lines.insert(next(ours), imports)
        path.write_text("".join(lines), encoding="utf-8")


def recipes() -> dict[str, list[Change]]:
    """The changes of each recipe, by its heading."""
    text = PAGE.read_text(encoding="utf-8").split("\n## Recipes\n", 1)[1]
    found = {}
    for section in text.split("\n### ")[1:]:
        title, _, body = section.partition("\n")
        found[title] = list(_changes(body))
    return found


def _changes(body: str) -> Iterator[Change]:
    """A code block belongs to the text before it, which says where it goes; the file is the one named last."""
    file = ""
    for said, code in re.findall(r"(?:\A|\n)([^\n`]*`[^\n]+|and [^\n]+):\n\n```python\n(.*?)```\n", body, re.DOTALL):
        text = f"{said}:"
        if named := _FILE.search(text):
            file, text = named["file"], named["rest"]
        place = _PLACE.search(text)
        assert file and place, f"no place in {said!r}"
        yield Change(file, place["how"], place["line"] or "", code)


def _parted(code: str) -> tuple[str, str]:
    """The imports that a block begins with, which go to the top of the file, and the rest."""
    lines = code.splitlines(keepends=True)
    count = next(n for n, line in enumerate(lines) if not line.startswith(("from ", "import ")))
    imports = "".join(lines[:count])
    return imports, "".join(lines[count:]).removeprefix("\n") if count else code
