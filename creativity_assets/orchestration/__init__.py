"""The Dagster skin: partitions, assets, resources, executor, checks, sensors, schedules, jobs."""
