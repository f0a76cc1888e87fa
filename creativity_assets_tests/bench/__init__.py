"""`make bench`: what an image costs here and in a loop of plain diffusers, side by side in one run on one device."""
