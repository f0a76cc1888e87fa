"""(original, reconstruction) images -> numbers: pixel, perceptual, semantic and their mean."""
