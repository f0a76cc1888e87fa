"""A strict look at the page: every element closed, and what it refers to."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "img", "br", "link", "input", "hr"}


@dataclass
class Page(HTMLParser):
    """The elements of a page: their identifiers, what they refer to, and the text of its headings."""

    text: str
    open: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    identifiers: list[str] = field(default_factory=list)
    references: list[str] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._heading = 0
        self.feed(self.text)
        self.close()
        assert self.open == [], f"not closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = dict(attrs)
        assert not any(name.startswith("on") for name in given), (tag, given)
        self.identifiers += [value for name, value in attrs if name == "id" and value]
        self.references += [v for n, v in attrs if n in ("href", "src", "xlink:href", "action", "data") and v]
        if tag not in VOID:
            self.open.append(tag)
        if self._is_heading(tag, given):
            self._heading = len(self.open)
            self.headings.append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open[-1] == tag, f"</{tag}> closes <{self.open[-1]}>"
        if len(self.open) == self._heading:
            self._heading = 0
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words.append(data)
        if self._heading:
            self.headings[-1] += data

    def _is_heading(self, tag: str, given: dict[str, str | None]) -> bool:
        return tag == "summary" or (tag == "div" and given.get("class") == "over")
