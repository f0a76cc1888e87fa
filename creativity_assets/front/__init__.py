"""The front door: what `import creativity_assets` offers, and what the command line measures single pictures with."""
