"""The life of a DuckDB warehouse: build, gate, publish, read, export."""
