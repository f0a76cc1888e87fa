"""SQL over the warehouse, read-only, and its results as people and programs want them."""
