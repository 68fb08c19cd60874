"""What operators share that are made for floating-point numbers alone."""

from symcli import dtypes
from symcli.errors import DTypeError
from symcli.ops.op import Op

__all__ = ["Floating", "check_floating"]


def check_floating(data):
    """Raise ``DTypeError`` for data of a known type that is none of the floating-point types."""
    if data is not None and not dtypes.is_float(data):
        raise DTypeError(f"data is {data}; needs one of {', '.join(dtypes.FLOATS)}: put Cast before it")


class Floating(Op, abstract=True):
    """Operators that refuse data of other types, as MXNet does when it runs them."""

    def infer_type(self, in_type, out_type):
        check_floating(in_type[0])
        return super().infer_type(in_type, out_type)
