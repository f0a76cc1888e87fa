"""YAML -> frozen, validated entries: data sets, models, methods, experiments, comparisons, eras."""

from creativity_assets.catalog.catalog import Catalog
from creativity_assets.catalog.loading import load_catalog

__all__ = ["Catalog", "load_catalog"]
