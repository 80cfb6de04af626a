"""Worker processes that can be stopped, so that one which hangs or takes too much costs nothing else."""
