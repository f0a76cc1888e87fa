"""The digests of the project: SHA-256 of facts, bytes, texts and files, each of these made in one way.

They stand in stored parts: another value makes all that was made from it stale. `creativity_assets_tests` pins them.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

_ENCODER = json.JSONEncoder(sort_keys=True, default=str)

File = tuple[str, Path]
"""What a file counts as, say its path within a folder, and where it is."""


def digest(**facts: object) -> str:
    """Of named facts, whatever their order: 64 hex digits."""
    return digest_of_json(facts)


def digest_of_json(value: object) -> str:
    """Of a value's canonical JSON: 64 hex digits. What JSON has no form for counts as its `str`."""
    return digest_of_text(canonical(value))


def canonical(value: object) -> str:
    """A value's canonical JSON."""
    return _ENCODER.encode(value)


def digest_of_canonical(facts: Mapping[str, str]) -> str:
    """What `digest` gives of the facts whose canonical JSON these are: some may be encoded once for many digests."""
    return digest_of_text("{" + ", ".join([f"{_canonical_name(name)}: {facts[name]}" for name in sorted(facts)]) + "}")


@cache
def _canonical_name(name: str) -> str:
    """The words of a few kinds of parts, of which there are thousands."""
    return canonical(name)


def digest_of_bytes(content: bytes) -> str:
    """64 hex digits."""
    return hashlib.sha256(content).hexdigest()


def digest_of_text(text: str) -> str:
    """Of its UTF-8: 64 hex digits. Bytes of file names that are none, which Python carries in surrogates, count too."""
    return digest_of_bytes(_encoded(text))


def digest_of_file(path: Path) -> str:
    """Of its content, read in pieces: 64 hex digits. Raises OSError."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def digest_of_listing(files: Iterable[File]) -> str:
    """Of names, sizes and modification times; no content is read. What is not there is a fact too: 64 hex digits."""
    state = hashlib.sha256()
    for name, path in files:
        try:
            status = path.stat()
            facts = f"{name}\0{status.st_size}\0{status.st_mtime_ns}\n"
        except OSError:  # a dangling link; reading it will be a reject
            facts = f"{name}\0absent\n"
        state.update(_encoded(facts))
    return state.hexdigest()


def digest_of_contents(files: Iterable[File]) -> str:
    """Of names and contents, in the order given: 64 hex digits. Raises OSError."""
    state = hashlib.sha256()
    for name, path in files:
        state.update(_encoded(name))
        state.update(bytes.fromhex(digest_of_file(path)))
    return state.hexdigest()


def as_revision(digest: str) -> str:
    """A digest as the tables name a state of weights: `sha256:` and its first 16 digits."""
    return f"sha256:{digest[:16]}"


def seed_of(text: str, size: int) -> int:
    """A number of `size` bytes that depends on a text alone: the first ones of its digest, the highest first."""
    return int.from_bytes(hashlib.sha256(_encoded(text)).digest()[:size], "big")


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
