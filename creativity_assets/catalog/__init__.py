"""YAML -> frozen, validated entries: data sets, models, methods, experiments, comparisons, eras."""

from creativity_assets.catalog.catalog import Catalog
from creativity_assets.catalog.loading import load_catalog, load_sound_entries

__all__ = ["Catalog", "load_catalog", "load_sound_entries"]
