"""Work in processes that can be stopped, so that one which hangs or hoards costs nothing else."""
