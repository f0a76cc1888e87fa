"""Archives and compressed files as streams, under bounds."""
