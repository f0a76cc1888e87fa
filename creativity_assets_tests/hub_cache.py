"""The hub's cache on this machine, as its client lays it out; in tests nothing is ever fetched."""

import shutil
from dataclasses import dataclass
from pathlib import Path

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass(frozen=True)
class HubCache:
    """Repositories as if they had been downloaded at COMMIT, to which their main branch points."""

    folder: Path

    def repository(self, hub_id: str, kind: str = "model") -> Path:
        """The folder of a repository; kind: model or dataset."""
        return self.folder / f"{kind}s--{hub_id.replace('/', '--')}"

    def snapshot(self, hub_id: str, kind: str = "model") -> Path:
        """The folder of a repository's files, empty at first."""
        repository = self.repository(hub_id, kind)
        (repository / "refs").mkdir(parents=True, exist_ok=True)
        (repository / "refs" / "main").write_text(COMMIT, encoding="utf-8")
        snapshot = repository / "snapshots" / COMMIT
        snapshot.mkdir(parents=True, exist_ok=True)
        return snapshot

    def put(self, hub_id: str, folder: Path) -> Path:
        """A copy of a folder as a model's repository; returns where its files are."""
        return shutil.copytree(folder, self.snapshot(hub_id), dirs_exist_ok=True)
