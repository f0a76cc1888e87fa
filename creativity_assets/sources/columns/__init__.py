"""From what others write in columns, paths and names to the catalogue's fields."""
