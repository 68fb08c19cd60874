"""Jobs: a file that says what to train, on what data, and how, as checked values."""
