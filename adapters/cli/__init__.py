"""The command line: it drives everything else."""
