"""Which model and which suite are meant by what people write."""

import os
import re
from pathlib import Path

from pydantic import ValidationError

from creativity_assets.catalog import Catalog
from creativity_assets.catalog.loading import first_problem
from creativity_assets.catalog.location import Located
from creativity_assets.diffusion.weights.model_files import MODEL_INDEX, ModelSource
from creativity_assets.errors import CatalogError, escaped
from creativity_assets.workflow.entries.revisions import model_source

_HUB = re.compile(r"(?P<hub_id>[^/@]+/[^/@]+)@(?P<revision>.*)")


def model_of(text: str | os.PathLike[str], catalog: Catalog, data_root: Path) -> ModelSource:
    """A name of the catalogue, a hub's `owner/name@commit`, or a folder in diffusers' layout, in this order.

    A model that is not of the catalogue is called by its folder's whole path or its hub id, so that it is never taken
    for one, and has the resolution that its configuration says.

    Raises CatalogError for what is none of the three, or a hub id without a commit.
    """
    name = os.fspath(text)
    if isinstance(text, str) and name in catalog.models:
        return model_source(catalog.models[name], data_root)
    if isinstance(text, str) and (hub := _HUB.fullmatch(name)):
        return ModelSource(hub["hub_id"], _checked(hub["hub_id"], hub["revision"]), hub["revision"])
    folder = Path(name)
    if folder.is_dir() or not isinstance(text, str):
        if not (folder / MODEL_INDEX).is_file():
            raise CatalogError(f"{escaped(folder)}: no {MODEL_INDEX} there; give a folder in diffusers' layout")
        place = folder.resolve()
        return ModelSource(escaped(place), place)
    raise CatalogError(
        f"no model {name!r}; have {', '.join(catalog.models)}; or give a folder in diffusers' layout, or "
        "owner/name@commit of a hub"
    )


def suite_of(model: str, method: str, catalog: Catalog) -> str:
    """The suite that the catalogue scores this model with: by this method, else by all others; `paper` for the rest."""
    if experiment := catalog.experiments.get(f"{model}.{method}"):
        return experiment.suite
    used = {experiment.suite for experiment in catalog.experiments.values() if experiment.model == model}
    return used.pop() if len(used) == 1 else "paper"


def _checked(hub_id: str, revision: str) -> str:
    try:
        Located(hub_id=hub_id, revision=revision)
    except ValidationError as error:
        raise CatalogError(f"{escaped(hub_id)}: {first_problem(error)}") from None
    return hub_id
