"""The benchmark: what the inventory costs, beside the least that the same work could cost, measured in one run.

Promises: a real server on a real engine, in a directory that is gone afterwards; every figure stands beside its floor;
processor time is taken from the kernel for server and database alike; an answer that is not the expected one ends the
run. It is a benchmark and no test: budgets are printed as met or not met, and the exit code is 0 either way.
"""
