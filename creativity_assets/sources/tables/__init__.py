"""Tables and texts that lie among images: read as rows, whatever wrote them."""
