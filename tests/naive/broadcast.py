"""Twins of the operators of two arrays that broadcast."""

from tests.naive.binary import VALUES, of_arrays
from tests.naive.twin import twin

for key, value in VALUES.items():
    twin(f"broadcast_{key}")(of_arrays(value))
