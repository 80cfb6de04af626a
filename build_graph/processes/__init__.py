"""Work in processes that can be stopped: what may hang, hoard or crash does so where it costs nobody else."""
