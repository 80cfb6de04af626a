"""Many documents: a file, a store or shards, by many processes, and the same bytes however many."""
