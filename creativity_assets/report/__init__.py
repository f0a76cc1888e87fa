"""The tables, figures and pictures of a warehouse as one self-contained HTML page."""
