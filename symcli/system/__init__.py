"""What MXNet's programs ask of the library itself: its features, its logs, its profiler."""
