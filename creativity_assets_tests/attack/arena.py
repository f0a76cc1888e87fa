"""Where attacks take place: copies of a small measured study, a judge, and the tally of what was found."""

import shutil
import tempfile
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

import pandas as pd
import yaml

from creativity_assets.errors import CreativityError
from creativity_assets.faults import UNFORESEEN
from creativity_assets_tests.attack.commands import Command, Ended
from creativity_assets_tests.running import TOLERANCE, table
from creativity_assets_tests.studies import CATALOG, new_study, save_weights

CODES = (0, 1, 2)
SIGNS = ("Traceback (most recent call last)", "a fault of the program", "terminate called", "nanobind: leaked")
"""What is never to be read: a traceback, a line that says that there was one, libraries that fall apart at the end."""
MEMORY_BOUND = 512.0
"""Mebibytes above what the same command takes on sound data, as sources/limits.py states."""

TABLES = ("samples", "image_metrics", "reconstructions", "rejected_samples", "stats_overall")
UNTOUCHED = ("paintings", "copies")


@dataclass
class Tally:
    """Of one group of attacks."""

    inputs: int = 0
    tracebacks: int = 0
    hangs: int = 0
    silent_changes: int = 0
    others: int = 0  # exit codes that are none of ours, too much memory, output that is not what it should be

    @property
    def clean(self) -> bool:
        return not (self.tracebacks or self.hangs or self.silent_changes or self.others)


@dataclass
class Arena:
    """A folder with the weights, a study in which nothing is made yet, one that is measured, and the tallies."""

    folder: Path
    random: Random
    tallies: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    findings: list[str] = field(default_factory=list)
    base: dict[str, float] = field(default_factory=dict)
    reference: dict[str, pd.DataFrame] = field(default_factory=dict)
    seed: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def build(cls, folder: Path, seed: int) -> "Arena":
        """Make weights and studies; measures once with the real command."""
        arena = cls(folder, Random(seed), seed=seed)
        save_weights(folder / "weights")
        new_study(folder / "raw", folder / "weights")
        shutil.copytree(folder / "raw", folder / "measured", symlinks=True)
        root = folder / "measured" / "data"
        for arguments in (["materialize"], ["doctor"], ["catalog", "check"], ["sql", "SELECT 1 AS one"]):
            ended = Command(root, arguments).run()
            if ended.code != 0:
                raise CreativityError(f"creativity {' '.join(arguments)} fails on a sound study: {ended.said}")
            arena.base[arguments[0]] = ended.mebibytes
        arena.base["score"] = arena.base["report"] = arena.base["materialize"]
        arena.reference = {name: own(table(root, name)) for name in TABLES}
        return arena

    def of(self, group: str) -> "Arena":
        """The same for one group, which draws the same at random whether or not others are attacked."""
        return replace(self, random=Random(f"{self.seed} {group}"))

    @property
    def clean(self) -> bool:
        return all(tally.clean for tally in self.tallies.values())

    def shown(self) -> str:
        """The tallies as a table, with their sum."""
        frame = pd.DataFrame({group: vars(tally) for group, tally in self.tallies.items()}).T
        frame.loc["all"] = frame.sum()
        frame.columns = [str(name).replace("_", " ") for name in frame.columns]
        return frame.to_string()

    @contextmanager
    def study(self, state: str = "measured") -> Iterator[Path]:
        """The data root of a copy, `raw` or `measured`; removed after the block."""
        place = Path(tempfile.mkdtemp(prefix="copy-", dir=self.folder)) / "study"
        shutil.copytree(self.folder / state, place, symlinks=True)
        try:
            yield place / "data"
        finally:
            _open_up(place)
            shutil.rmtree(place.parent, ignore_errors=True)

    def count(self, group: str, inputs: int = 1) -> None:
        with self._lock:
            self.tallies[group].inputs += inputs

    def report(self, group: str, kind: str, text: str) -> None:
        """Count a fault; kind: a field of Tally."""
        with self._lock:
            setattr(self.tallies[group], kind, getattr(self.tallies[group], kind) + 1)
            self.findings.append(f"{group}: {kind}: {text}")
            print(self.findings[-1], flush=True)

    def judge(self, group: str, what: str, ended: Ended, codes: Sequence[int] = CODES) -> Ended:
        """Hold a command against the rules."""
        command = f"{what}: creativity {' '.join(ended.arguments)[:120]}"
        if ended.code is None:
            self.report(group, "hangs", f"{command}: killed after {ended.seconds:.0f} s: {ended.said[-300:]}")
        unforeseen = ended.code == UNFORESEEN or any(sign in ended.said for sign in SIGNS)
        if unforeseen:
            self.report(group, "tracebacks", f"{command}: {ended.said[-1500:]}")
        elif ended.code is not None and ended.code not in codes:
            self.report(group, "others", f"{command}: exit code {ended.code}: {ended.said[-600:]}")
        bound = self.base.get(ended.arguments[0], 600.0) + MEMORY_BOUND
        if ended.mebibytes > bound:
            self.report(group, "others", f"{command}: {ended.mebibytes:.0f} MiB, more than {bound:.0f}")
        return ended

    def one_line(self, group: str, what: str, ended: Ended, *named: str) -> None:
        """A refusal: exit code 2, one line on standard error that names the culprit, nothing else."""
        self.judge(group, what, ended, (2,))
        lines = ended.err.splitlines()
        if ended.code == 2 and len(lines) != 1:
            self.report(group, "others", f"{what}: {len(lines)} lines: {ended.err[-600:]}")
        for name in named:
            if ended.code == 2 and name not in ended.err:
                self.report(group, "others", f"{what}: does not name {name!r}: {ended.err[-600:]}")

    def unchanged(self, group: str, what: str, root: Path) -> None:
        """The numbers of the untouched data sets are those of the undisturbed study."""
        try:
            found = {name: own(table(root, name)) for name in self.reference}
        except CreativityError as error:
            self.report(group, "others", f"{what}: no warehouse afterwards: {error}")
            return
        for name, expected in self.reference.items():
            try:
                pd.testing.assert_frame_equal(found[name], expected, atol=TOLERANCE, rtol=0)
            except AssertionError as error:
                self.report(group, "silent_changes", f"{what}: {name}: {' '.join(str(error).split())[:400]}")


def own(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of the untouched data sets, without where their files lie and what follows a flipped 8-bit level."""
    if "dataset" in frame:
        frame = frame[frame["dataset"].isin(UNTOUCHED)]
    elif "sample_id" in frame:
        frame = frame[frame["sample_id"].str.rpartition("-")[0].isin(UNTOUCHED)]
    elif "comparison" in frame:
        frame = frame[frame["comparison"].isin([*CATALOG["comparisons"]])]
    dropped = ["source_uri", "path", "mse", "sha256" if "prompt" in frame else ""]
    return frame.drop(columns=dropped, errors="ignore").reset_index(drop=True)


def with_datasets(root: Path, entries: dict[str, object], names: Iterable[str] | None = None) -> None:
    """Add data sets to the study's catalogue and to its experiment."""
    file = root / "catalog" / "study.yaml"
    catalog = yaml.safe_load(file.read_text(encoding="utf-8"))
    catalog["datasets"] |= entries
    for experiment in catalog["experiments"].values():
        experiment["datasets"] += list(entries if names is None else names)
    file.write_text(yaml.safe_dump(catalog, sort_keys=False, allow_unicode=True), encoding="utf-8")


def _open_up(place: Path) -> None:
    """Folders that an attack has closed can be removed again."""
    for folder in (place, *place.rglob("*")):
        if folder.is_dir() and not folder.is_symlink():
            folder.chmod(0o755)
