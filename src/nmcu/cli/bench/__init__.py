"""`nmcu bench …`: the benchmarks behind the figures."""
