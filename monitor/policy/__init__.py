"""What should be done? Decisions as pure functions: `now` and jitter come in as arguments."""
