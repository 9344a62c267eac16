"""Monte Carlo of single layers, independent of the engines: what bare parameters are measured with."""

import numpy as np
from scipy.constants import k, mu_0

from magbayes.micromag.llg.newell import demag_tensor


def _heat_bath(field, rng):
    """Unit vectors (3, ...) with the density exp(field . m), by inversion."""
    size = np.linalg.norm(field, axis=0)
    along = field / size
    cosine = 1 + np.log1p(rng.random(size.shape) * np.expm1(-2 * size)) / size
    # Any vector that is not parallel gives the plane across.
    across = np.cross(along, np.roll(along, 1, axis=0) * np.array([1, -1, 1]).reshape(3, *[1] * size.ndim), axis=0)
    across /= np.linalg.norm(across, axis=0)
    angle = 2 * np.pi * rng.random(size.shape)
    plane = np.cos(angle) * across + np.sin(angle) * np.cross(along, across, axis=0)
    return cosine * along + np.sqrt(np.maximum(1 - cosine**2, 0)) * plane


def film(scale, gap, *, cells, replicas, sweeps, discard, seed):
    """States (sweeps, replicas, 3, cells, cells) of a periodic film with exchange alone, in a field along z.

    `scale` is k T and `gap` the field's energy, in units of the coupling of two cells.
    """
    rng = np.random.default_rng(seed)
    m = np.zeros((3, replicas, cells, cells))
    m[2] = 1
    black = np.indices((cells, cells)).sum(axis=0) % 2 == 0
    found = []
    for sweep in range(discard + sweeps):
        for colour in (black, ~black):
            field = sum(np.roll(m, step, axis) for step in (1, -1) for axis in (2, 3))
            field[2] += gap
            m = np.where(colour, _heat_bath(field / scale, rng), m)
        if sweep >= discard:
            found.append(m.transpose(1, 0, 2, 3).copy())
    return np.array(found)


class Layer:
    """Magnetic cells of a system with exchange, uniaxial anisotropy along z and demagnetisation, in units of k T."""

    def __init__(self, system):
        mesh, norm = system.m.mesh, system.m.norm.array[:, :, 0, 0]
        x, y = np.nonzero(norm > 0)
        volume, size = np.prod(mesh.cell), max(norm.shape)
        across = x[:, None] - x, y[:, None] - y
        tensor = demag_tensor((size, size, 1), tuple(mesh.cell))
        dipoles = mu_0 * norm[x[0], y[0]] ** 2 * volume
        near = np.abs(across[0]) + np.abs(across[1]) == 1
        exchange = 2 * system.energy.exchange.A * mesh.cell[2] * near
        pick = lambda name: dipoles * tensor[name][across[0] + size - 1, across[1] + size - 1, 0]  # noqa: E731
        easy = 2 * system.energy.uniaxialanisotropy.K * volume * np.eye(len(x))
        coupling = [pick("xx") - exchange, pick("yy") - exchange, pick("zz") - exchange - easy, pick("xy")]
        self.coupling = np.array(coupling) / (k * system.T)
        self.count = len(x)

    def field(self, m):
        """Minus the gradient of the energy, (3, cells, replicas)."""
        xx, yy, zz, xy = self.coupling
        return -np.array([xx @ m[0] + xy @ m[1], yy @ m[1] + xy @ m[0], zz @ m[2]])

    def sweep(self, m, field, rng):
        """One update of every cell in place: heat bath in the field of the others, accepted by the own energy."""
        xx, yy, zz, xy = self.coupling
        for i in range(self.count):
            own = np.array([xx[i, i], yy[i, i], zz[i, i]])[:, None]
            new = _heat_bath(field[:, i] + own * m[:, i], rng)
            change = 0.5 * (own * (new**2 - m[:, i] ** 2)).sum(axis=0)
            step = np.where(rng.random(change.shape) < np.exp(-change), new - m[:, i], 0.0)
            m[:, i] += step
            field[0] -= xx[:, i, None] * step[0] + xy[:, i, None] * step[1]
            field[1] -= yy[:, i, None] * step[1] + xy[:, i, None] * step[0]
            field[2] -= zz[:, i, None] * step[2]

    def turn(self, m, rng, tries=24, largest=1.0):
        """Rigid rotations of all cells by Metropolis; mean of m_x^2 and m_y^2 of the whole over the tries, (replicas,).

        Of a rotation R the energy is a quadratic form of R alone, so that a try costs nothing: the fluctuation of the
        whole is averaged at every state of the rest.
        """
        replicas = m.shape[2]
        forms = np.array(
            [np.einsum("cnr,dnr->rcd", m, (w @ m.reshape(3, self.count, replicas))) for w in self.coupling]
        )
        mean = m.mean(axis=1).T
        turned = np.broadcast_to(np.eye(3), (replicas, 3, 3))

        def energy(r):
            rows = zip([(0, 0, 0.5), (1, 1, 0.5), (2, 2, 0.5), (0, 1, 1.0)], forms, strict=True)
            return sum(share * np.einsum("rc,rcd,rd->r", r[:, a], form, r[:, b]) for (a, b, share), form in rows)

        level, squares = energy(turned), np.zeros(replicas)
        for _ in range(tries):
            axis = rng.normal(size=(replicas, 3))
            axis /= np.linalg.norm(axis, axis=1)[:, None]
            angle = largest * (2 * rng.random(replicas) - 1)[:, None, None]
            cross = np.cross(np.eye(3), axis[:, None, :]).transpose(0, 2, 1)
            rotation = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
            trial = rotation @ turned
            raised = energy(trial)
            taken = rng.random(replicas) < np.exp(np.minimum(level - raised, 0))
            turned = np.where(taken[:, None, None], trial, turned)
            level = np.where(taken, raised, level)
            squares += (np.einsum("rcd,rd->rc", turned, mean)[:, :2] ** 2).mean(axis=1) / tries
        m[:] = np.einsum("rcd,dnr->cnr", turned, m)
        return squares


def width(system, *, replicas=24, sweeps=200, discard=30, seed=0):
    """std(m_x) of a system that looks the same along x and y, with its standard error between replicas."""
    layer, rng = Layer(system), np.random.default_rng(seed)
    m = np.zeros((3, layer.count, replicas))
    m[2] = 1
    found = []
    for sweep in range(discard + sweeps):
        field = layer.field(m)
        layer.sweep(m, field, rng)
        squares = layer.turn(m, rng)
        if sweep >= discard:
            found.append(squares)
    variances = np.mean(found, axis=0)
    sigma = np.sqrt(variances.mean())
    return sigma, variances.std(ddof=1) / replicas**0.5 / (2 * sigma)
