"""Whole corpora: documents understood by many processes, written in shards that do not depend on how many."""
