"""Training: optimizers, schedules, initial values, metrics, modules, checkpoints."""
