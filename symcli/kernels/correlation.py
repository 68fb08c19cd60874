"""Patches of two images compared. Images are (n, h, w, c), results (n, (2 r + 1)², i, j).

k is the side of a patch, m the place of the first one, r the number of displacements to either side,
s1 the steps between patches, s2 those between displacements.
"""

from symcli.kernels.jit import kernel

__all__ = ["differences", "differences_grad", "products", "products_grad"]


@kernel
def products(x1, x2, k, m, r, s1, s2, out):
    """out[n, (q, p), i, j] = the mean of x1 x2 over the patch of x1 at (i, j) and that of x2 moved by (q, p)."""
    side = 2 * r + 1
    for n in range(out.shape[0]):
        for moved in range(side * side):
            q, p = (moved // side - r) * s2, (moved % side - r) * s2
            for i in range(out.shape[2]):
                for j in range(out.shape[3]):
                    total = 0.0
                    for y in range(i * s1 + m, i * s1 + m + k):
                        for x in range(j * s1 + m, j * s1 + m + k):
                            for c in range(x1.shape[3]):
                                total += x1[n, y, x, c] * x2[n, y + q, x + p, c]
                    out[n, moved, i, j] = total / (k * k * x1.shape[3])


@kernel
def products_grad(g, x1, x2, k, m, r, s1, s2, g1, g2):
    """g1 = the sum over all patches of g x2, g2 = that of g x1, over the size of a patch."""
    side = 2 * r + 1
    g1[:] = 0
    g2[:] = 0
    for n in range(g.shape[0]):
        for moved in range(side * side):
            q, p = (moved // side - r) * s2, (moved % side - r) * s2
            for i in range(g.shape[2]):
                for j in range(g.shape[3]):
                    share = g[n, moved, i, j] / (k * k * x1.shape[3])
                    for y in range(i * s1 + m, i * s1 + m + k):
                        for x in range(j * s1 + m, j * s1 + m + k):
                            for c in range(x1.shape[3]):
                                g1[n, y, x, c] += share * x2[n, y + q, x + p, c]
                                g2[n, y + q, x + p, c] += share * x1[n, y, x, c]


@kernel
def differences(x1, x2, k, m, r, s1, s2, out):
    """As products, with |x1 - x2| in place of x1 x2."""
    side = 2 * r + 1
    for n in range(out.shape[0]):
        for moved in range(side * side):
            q, p = (moved // side - r) * s2, (moved % side - r) * s2
            for i in range(out.shape[2]):
                for j in range(out.shape[3]):
                    total = 0.0
                    for y in range(i * s1 + m, i * s1 + m + k):
                        for x in range(j * s1 + m, j * s1 + m + k):
                            for c in range(x1.shape[3]):
                                total += abs(x1[n, y, x, c] - x2[n, y + q, x + p, c])
                    out[n, moved, i, j] = total / (k * k * x1.shape[3])


@kernel
def differences_grad(g, x1, x2, k, m, r, s1, s2, g1, g2):
    """g1 = the sum over all patches of g where x1 >= x2, of -g elsewhere, over the size of a patch; g2 its reverse."""
    side = 2 * r + 1
    g1[:] = 0
    g2[:] = 0
    for n in range(g.shape[0]):
        for moved in range(side * side):
            q, p = (moved // side - r) * s2, (moved % side - r) * s2
            for i in range(g.shape[2]):
                for j in range(g.shape[3]):
                    share = g[n, moved, i, j] / (k * k * x1.shape[3])
                    for y in range(i * s1 + m, i * s1 + m + k):
                        for x in range(j * s1 + m, j * s1 + m + k):
                            for c in range(x1.shape[3]):
                                signed = share if x1[n, y, x, c] >= x2[n, y + q, x + p, c] else -share
                                g1[n, y, x, c] += signed
                                g2[n, y + q, x + p, c] -= signed
