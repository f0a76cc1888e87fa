"""`generated` data sets: one image per captioned sample of the originals, sampled by a model of the catalogue."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from creativity_assets import hashing
from creativity_assets.catalog.datasets import GeneratedDataset
from creativity_assets.engine.generate import generate
from creativity_assets.engine.loading import Workbench
from creativity_assets.images.encoding import to_png
from creativity_assets.sources.records import SourceRecord, SourceReject
from creativity_assets.store.parts import Provenance
from creativity_assets.workflow.entries.revisions import model_source
from creativity_assets.workflow.lineage import Lineage
from creativity_assets.workflow.progress import with_progress
from creativity_assets.workflow.steps.dataset_index import Indexed, write_index, written_ids
from creativity_assets.workflow.steps.originals import accepted_samples, fields_of_the_work
from creativity_assets.workflow.steps.records import sample_id


def index_generated(
    entry: GeneratedDataset, lineage: Lineage, workbench: Workbench, input_hash: str, provenance: Provenance
) -> Indexed:
    """Sample and index a generated data set. What was sampled before a crash is not sampled again."""
    originals = accepted_samples(lineage, entry.originals)
    done = written_ids(lineage.store, entry.name, input_hash)
    items = _records(entry, lineage, workbench, originals, done)
    return write_index(entry, items, lineage.store, input_hash, provenance)


def _records(
    entry: GeneratedDataset,
    lineage: Lineage,
    workbench: Workbench,
    originals: list[dict[str, Any]],
    done: set[str],
) -> Iterator[SourceRecord | SourceReject]:
    captioned = [row for row in originals if row["caption"]]
    for row in originals:
        if not row["caption"]:
            yield SourceReject(row["sample_id"], "no_caption", f"{row['source_key']} has no caption to sample from")
    kept = [row for row in captioned if sample_id(entry.name, row["sample_id"]) in done]
    # The shards hold these pictures already; only the key matters to the index.
    yield from (_record(entry, row, b"") for row in kept)
    missing = [row for row in captioned if sample_id(entry.name, row["sample_id"]) not in done]
    if not missing:
        return
    backbone = workbench.backbone(model_source(lineage.catalog.model(entry.model), lineage.store.data_root))
    requests = [(row["sample_id"], row["caption"], seed_of(entry, row["sample_id"])) for row in missing]
    images = generate(
        backbone,
        requests,
        guidance=entry.guidance,
        steps=entry.steps,
        batch=workbench.batch(backbone.resolution),
    )
    for row, (_, pixels) in zip(missing, with_progress("sample", images), strict=True):
        yield _record(entry, row, to_png(np.asarray(pixels)))


def seed_of(entry: GeneratedDataset, key: str) -> int:
    """A seed of its own for every image, so that no image depends on which others are sampled with it."""
    text = f"{entry.seed}:{entry.name}:{key}"
    return hashing.seed_of(text, 4)


def _record(entry: GeneratedDataset, row: dict[str, Any], image: bytes) -> SourceRecord:
    made = {"label": "ai", "automation": "ai", "family": "diffusion", "generator": entry.model}
    uri = f"generated://{entry.name}/{row['sample_id']}.png"
    return SourceRecord(key=row["sample_id"], image=image, uri=uri, fields=fields_of_the_work(row) | made)
