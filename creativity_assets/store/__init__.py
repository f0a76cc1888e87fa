"""Where bytes and rows live: Parquet parts of record, image payloads, the DuckDB warehouse, SQL."""
