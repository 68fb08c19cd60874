"""Images (m, h, w) brought to another size, each by itself."""

from symcli.kernels.jit import function, kernel, ordered_kernel

__all__ = ["adaptive_mean", "adaptive_mean_grad", "bilinear", "bilinear_grad"]


@function
def _place(i, n, size, align_corners):
    """The two pixels of ``size`` around pixel i of n, and its distance from the first."""
    if n == 1:
        at = 0.0
    elif align_corners:
        at = i * ((size - 1) / (n - 1))
    else:
        at = max((i + 0.5) * (size / n) - 0.5, 0.0)
    before = min(int(at), size - 1)
    return before, min(before + 1, size - 1), at - before


@ordered_kernel
def bilinear(x, align_corners, y):
    """y[m, i, j] = x[m] at i (h - 1) / (h' - 1), or at (i + 1/2) h / h' - 1/2, so for j; y (m, h', w')."""
    for i in range(y.shape[1]):
        top, bottom, v = _place(i, y.shape[1], x.shape[1], align_corners)
        for j in range(y.shape[2]):
            left, right, u = _place(j, y.shape[2], x.shape[2], align_corners)
            for m in range(x.shape[0]):
                y[m, i, j] = (1 - v) * ((1 - u) * x[m, top, left] + u * x[m, top, right]) + v * (
                    (1 - u) * x[m, bottom, left] + u * x[m, bottom, right]
                )


@ordered_kernel
def bilinear_grad(g, align_corners, gx):
    """gx = 0; then each of the four pixels that made one of g += its share of it."""
    gx[:] = 0
    for i in range(g.shape[1]):
        top, bottom, v = _place(i, g.shape[1], gx.shape[1], align_corners)
        for j in range(g.shape[2]):
            left, right, u = _place(j, g.shape[2], gx.shape[2], align_corners)
            for m in range(gx.shape[0]):
                head = g[m, i, j]
                gx[m, top, left] += head * (1 - v) * (1 - u)
                gx[m, top, right] += head * (1 - v) * u
                gx[m, bottom, left] += head * v * (1 - u)
                gx[m, bottom, right] += head * v * u


@function
def _window(i, n, size):
    """First and one past the last of the ``size`` elements that belong to window i of n."""
    return i * size // n, -(-(i + 1) * size // n)


@kernel
def adaptive_mean(x, y):
    """y[m, i, j] = the mean of x[m] in window (i, j) of h' x w' that cover it evenly; y (m, h', w')."""
    for m in range(x.shape[0]):
        for i in range(y.shape[1]):
            h0, h1 = _window(i, y.shape[1], x.shape[1])
            for j in range(y.shape[2]):
                w0, w1 = _window(j, y.shape[2], x.shape[2])
                total = 0.0
                for a in range(h0, h1):
                    for b in range(w0, w1):
                        total += x[m, a, b]
                y[m, i, j] = total / ((h1 - h0) * (w1 - w0))


@kernel
def adaptive_mean_grad(g, gx):
    """gx = 0; then each element of a window += g of the window over the number of its elements."""
    gx[:] = 0
    for m in range(gx.shape[0]):
        for i in range(g.shape[1]):
            h0, h1 = _window(i, g.shape[1], gx.shape[1])
            for j in range(g.shape[2]):
                w0, w1 = _window(j, g.shape[2], gx.shape[2])
                share = g[m, i, j] / ((h1 - h0) * (w1 - w0))
                for a in range(h0, h1):
                    for b in range(w0, w1):
                        gx[m, a, b] += share
