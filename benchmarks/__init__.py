"""Benchmarks: what the main job costs, beside the limit of the machine in the same run."""
