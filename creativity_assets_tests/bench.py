"""`make bench`: what an image costs under the embedded model, side by side in one run; medians of three."""

import statistics
import time
from collections.abc import Callable

from creativity_assets.atelier import works
from creativity_assets.catalog.entries import ModelEntry
from creativity_assets.diffusion.settings import InversionSettings
from creativity_assets.engine.batching import BatchSize
from creativity_assets.engine.loading import Workbench
from creativity_assets.engine.measure import Latent, encode, reconstruct, score
from creativity_assets.paths import data_root
from creativity_assets.workflow.entries.revisions import model_source

IMAGES = 32
REPEATS = 3


def seconds_per_image(work: Callable[[], object]) -> float:
    """The median over REPEATS, after one warm-up."""
    work()
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        work()
        times.append((time.perf_counter() - started) / IMAGES)
    return statistics.median(times)


def main() -> None:
    workbench = Workbench(data_root())
    entry = ModelEntry(name="tiny-sd", path="embedded/tiny-sd", resolution=64)
    backbone = workbench.backbone(model_source(entry, data_root()))
    suite = workbench.suite("embedded")
    shown = [work.image for work in works("show", 2, 64)][:IMAGES]
    items = [(str(number), image) for number, image in enumerate(shown)]
    pairs = [(name, image, image[::-1].copy()) for name, image in items]
    latents = [Latent(done.sample_id, done.latent) for done in encode(backbone, items, batch=BatchSize(32))]
    cost = seconds_per_image(lambda: list(encode(backbone, items, batch=BatchSize(32))))
    print(f"encode and floor, batch 32     {cost:.4f} s per image")
    for batch in (8, 32):
        cost = seconds_per_image(
            lambda size=batch: list(reconstruct(backbone, InversionSettings(), latents, batch=BatchSize(size)))
        )
        print(f"reconstruct, 20 steps, batch {batch:2d}  {cost:.4f} s per image")
    cost = seconds_per_image(lambda: list(score(suite, pairs, batch=BatchSize(32))))
    print(f"score, batch 32                {cost:.4f} s per image")


if __name__ == "__main__":
    main()
