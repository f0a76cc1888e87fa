"""What each asset does, without Dagster: plan, index, samples, tensors, reconstructions, scores, tables."""
