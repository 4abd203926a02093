"""Our bot beside stock Rasa on the same data and machine: ``python -m benchmarks`` writes docs/benchmarks.md."""
