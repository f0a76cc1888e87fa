"""What an asset does for its partitions, a file per asset: dataset_index, raw_samples, preprocessed_tensors,
reconstructions, image_metrics."""
