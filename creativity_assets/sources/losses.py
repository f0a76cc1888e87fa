"""What became of a source's items: how many were read, kept and rejected, why, and which were nearly right."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from creativity_assets.sources.records import NEAR

EXAMPLES = 3

_SAID = {
    "no_metadata_row": "{n} of {pictures} pictures have no row",
    "missing_file": "{n} rows name no file that is here",
    "ambiguous_file": "{n} rows fit several files",
    "damaged_row": "{n} rows are damaged",
    "duplicate_key": "{n} repeat another's key",
    "not_an_image_file": "{n} files are no images by their names",
}
"""How a reason is told; any other as its number and its word."""


@dataclass(frozen=True)
class Losses:
    """read: items of a source, which are `kept` and those of `rejected`, by reason, together.

    near: pictures without a row, or rows without a picture, for which there is one whose name differs in case, ending,
    accents or punctuation alone. examples: the first of them, both names.
    """

    kept: int
    rejected: Mapping[str, int]
    near: int
    examples: tuple[str, ...]

    @classmethod
    def of(cls, kept: int, rejects: Iterable[tuple[str, str]]) -> "Losses":
        """rejects: the reason and the detail of each."""
        reasons: Counter[str] = Counter()
        pairs: dict[str, list[str]] = {"no_metadata_row": [], "missing_file": []}
        for reason, detail in rejects:
            reasons[reason] += 1
            if (pair := near_names(detail)) and reason in pairs:
                pairs[reason].append(" and ".join(pair))
        # A picture without its row and the row without its picture are one loss: it is told of the pictures.
        near = pairs["no_metadata_row"] or pairs["missing_file"]
        return cls(kept, dict(reasons.most_common()), len(near), tuple(near[:EXAMPLES]))

    @property
    def read(self) -> int:
        return self.kept + sum(self.rejected.values())

    def __str__(self) -> str:
        """One line: `100 read, 39 kept: 61 of 100 pictures have no row; 25 differ in case, ...: A.png and a.PNG`."""
        if not self.read:
            return "nothing read: it holds no image"
        if not self.rejected:
            return f"{self.read:,} read, all kept"
        pictures = self.kept + self.rejected.get("no_metadata_row", 0)
        told = [
            _SAID.get(reason, "{n} {reason}").format(n=f"{n:,}", pictures=f"{pictures:,}", reason=reason)
            for reason, n in self.rejected.items()
        ]
        line = f"{self.read:,} read, {self.kept:,} kept: {'; '.join(told)}"
        if self.near:
            examples = ", ".join(self.examples) + (", ..." if self.near > len(self.examples) else "")
            line += f"; {self.near:,} differ in case, ending or punctuation alone: {examples}"
        return line


def near_names(detail: str) -> tuple[str, str] | None:
    """The names of a reject and of what is near to it, by the detail that the listing wrote; None without one."""
    said, found, near = detail.partition(NEAR)
    if not found:
        return None
    subject = said.removesuffix(" is not in the source").rpartition(": ")[2]
    return (said.partition(": ")[0] if " has no row" in said else subject, near)
