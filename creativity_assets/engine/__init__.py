"""Runs the instrument, or samples images, over streams of images in full batches on a local device."""
