"""One module per kind of source; `ingest.registry` lists them."""
