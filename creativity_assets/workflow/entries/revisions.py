"""Which weights are meant, asked often and therefore remembered: hashing gigabytes takes seconds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from creativity_assets.catalog.entries import ModelEntry
from creativity_assets.catalog.entry import resolve
from creativity_assets.catalog.location import Located
from creativity_assets.diffusion.weights.model_files import Lora, ModelSource, Override, find_model
from creativity_assets.diffusion.weights.revision import weights_revision
from creativity_assets.errors import ModelError
from creativity_assets.hashing import digest_of_json
from creativity_assets.hub import offline
from creativity_assets.store.files import read_record, write_record

_EMBEDDED_SUITE = Path("embedded") / "suite"


def model_source(entry: ModelEntry, data_root: Path) -> ModelSource:
    """A catalogue entry as the diffusion layer wants it."""

    def location(place: Located) -> Path | str:
        return place.hub_id or resolve(str(place.path), data_root)

    lora = entry.overrides.lora
    return ModelSource(
        name=entry.name,
        location=location(entry),
        revision=entry.revision,
        variant=entry.variant,
        dtype=None if entry.dtype == "auto" else entry.dtype,
        resolution=entry.resolution,
        pipeline=entry.pipeline,
        prediction_type=entry.prediction_type,
        extra=entry.extra_components,
        overrides=tuple(
            Override(component, location(other), other.revision, other.variant, other.subfolder)
            for component, other in entry.overrides.components.items()
        ),
        lora=None if lora is None else Lora(location(lora), lora.revision, lora.file, lora.scale),
    )


@dataclass(frozen=True)
class Revisions:
    """Revisions below one data root, cached in the process and, by the files' names, sizes and times, on disk."""

    data_root: Path
    _known: dict[str, str] = field(default_factory=dict, compare=False)

    def model(self, entry: ModelEntry) -> str:
        """The pinned commit or the content hash of the weights, and of what overrides them.

        Raises ModelError where they are not there. A hub model is fetched when it is first used, unless its entry
        is optional (nobody's disk is filled by surprise) or the hub must not be asked: then it must be there.
        """
        source = model_source(entry, self.data_root)
        if isinstance(source.location, Path) and not source.location.is_dir():
            raise ModelError(
                f"{entry.name}: no folder {entry.path}; put the diffusers folder there, or give its place under "
                f"`locations:` in data/catalog/local.yaml"
            )
        if isinstance(source.location, str) and (entry.optional or offline()):
            find_model(source, local_files_only=True)
        return self._remembered(f"model {source}", _locations(source), lambda: weights_revision(source))

    def suite(self, name: str) -> str:
        """The suite's revision. Raises MetricError where a file of it is missing."""
        from creativity_assets.metrics.suites import suite_formulas, suite_weights

        folder = self.data_root / _EMBEDDED_SUITE
        weights = self._remembered(f"suite {name}", [folder], lambda: suite_weights(name, self.data_root))
        return weights + suite_formulas(name)

    def _remembered(self, what: str, locations: Sequence[Path | str], compute: Callable[[], str]) -> str:
        key = f"{what} {' '.join(_facts(location) for location in locations)}"
        if key not in self._known:
            cache_file = self.data_root / "store" / "revisions.json"
            # Where there is no cache, or one that is not whole, computing again is only slower.
            self._known.update(read_record(cache_file) or {})
        if key not in self._known:
            self._known[key] = compute()
            write_record(cache_file, self._known)
        return self._known[key]


def _locations(source: ModelSource) -> list[Path | str]:
    lora = [source.lora.location] if source.lora else []
    return [source.location, *(override.location for override in source.overrides), *lora]


def _facts(location: Path | str) -> str:
    """Names, sizes and times of a folder's files: equal facts, equal weights. A hub's commit needs none."""
    found = location.rglob("*") if isinstance(location, Path) else ()
    files = sorted(path for path in found if path.is_file())
    facts = [(str(f), f.stat().st_size, f.stat().st_mtime_ns) for f in files]
    return digest_of_json(facts)[:16]
