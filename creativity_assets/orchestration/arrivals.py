"""Small data sets that are new or have changed: they go first, each through all stages in a run of its own."""

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from creativity_assets.catalog.datasets import FolderDataset
from creativity_assets.errors import CreativityError
from creativity_assets.sources.listing import IMAGE
from creativity_assets.sources.locations import locate, walk
from creativity_assets.workflow.costs import seconds_per_image
from creativity_assets.workflow.plan import Plan, Scope, plan
from creativity_assets.workflow.progress import duration
from creativity_assets.workflow.study import Study

MAX_MEASUREMENTS = 500
"""Images times experiments. What is more than that is no arrival: it is measured with all else."""


class Arrival(NamedTuple):
    """A small data set whose index is not fresh. state: changes with its files."""

    dataset: str
    images: int
    state: str


def arrivals(study: Study) -> list[Arrival]:
    """The folders that are wanted, are new or have changed, and are soon measured; the smallest first."""
    found = []
    wanted = Counter(dataset.name for _, dataset in study.catalog.wanted())
    for name in wanted:
        dataset = study.catalog.dataset(name)
        if not isinstance(dataset, FolderDataset) or dataset.derived_from is not None:
            continue
        try:
            if study.lineage.index_is_fresh(name):
                continue  # most are: their files are not walked once more
            state = study.lineage.index(dataset)
            files = walk(locate(name, dataset.path, study.data_root))
        except (CreativityError, OSError):
            continue  # absent or unreadable: the plan has a line about it
        images = min(sum(1 for file in files if IMAGE.holds(file.name)), dataset.limit or len(files))
        if images * wanted[name] <= MAX_MEASUREMENTS and name in plan(study.lineage, Scope((name,))).indexes:
            found.append(Arrival(name, images, state))
    return sorted(found, key=lambda arrival: arrival.images * wanted[arrival.dataset])


def asks(study: Study, what: Arrival | Plan) -> str:
    """What a run is asked for, in words: data sets, images, experiments, and about how long it will take."""
    if isinstance(what, Arrival):
        wanting = [e.name for e, dataset in study.catalog.wanted() if dataset.name == what.dataset]
        return f"{what.dataset}: {what.images} images, {_cost(study, dict.fromkeys(wanting, what.images))}"
    words = [f"{len(what.indexes)} data sets to index"] if what.indexes else []
    if what.samples or what.tensors:
        words.append(f"{len({*what.samples, *what.tensors})} collections to prepare")
    if what.images:
        words.append(f"{sum(what.images.values())} images to measure, {_cost(study, what.images)}")
    return "; ".join(words) or "tables and report"


def _cost(study: Study, images: Mapping[str, int]) -> str:
    """`under NAME` or `under N experiments`, and the time that this took before."""
    known = {name: seconds_per_image(study.store, name) for name in images}
    seconds = sum(number * (known[name] or 0) for name, number in images.items())
    names = next(iter(images)) if len(images) == 1 else f"{len(images)} experiments"
    if all(cost is None for cost in known.values()):
        return f"under {names}, time unknown before the first run"
    unknown = sum(cost is None for cost in known.values())
    more = f", and {unknown} of them for the first time" if unknown else ""
    return f"under {names}, about {duration(seconds)}{more}"
