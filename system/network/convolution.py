"""Convolutions as matrix products: what an array of weights needs, which knows rows and columns only."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp


@dataclass(frozen=True)
class Kernel:
    """The geometry of a convolution with stride 1, zeros around the image, and max pooling behind it.

    Attributes
    ----------
    image : (height, width, channels)
        What it takes; a layer passes it flat, channels last.
    size
        Rows and columns of the kernel.
    padding
        Zeros added at each edge.
    pool
        Rows and columns of outputs of which the largest goes on; 1 for no pooling.
    """

    image: tuple[int, int, int]
    size: int
    padding: int = 0
    pool: int = 1

    def __post_init__(self) -> None:
        height, width = self.positions
        if min(height, width) < 1 or height % self.pool or width % self.pool:
            raise ValueError(
                f"a kernel of {self.size} with padding {self.padding} makes {height} x {width} of "
                f"{self.image[0]} x {self.image[1]}, which does not pool by {self.pool} without a rest"
            )

    @property
    def positions(self) -> tuple[int, int]:
        """Positions of the kernel (rows, columns): reads of the array for one image."""
        height, width = (extent + 2 * self.padding - self.size + 1 for extent in self.image[:2])
        return height, width

    @property
    def rows(self) -> int:
        """Inputs of the matrix, its bias not among them."""
        return self.size**2 * self.image[2]

    def pooled_image(self, channels: int) -> tuple[int, int, int]:
        """Return the image (height, width, channels) that goes on."""
        height, width = self.positions
        return height // self.pool, width // self.pool, channels


def patches(kernel: Kernel, inputs: jax.Array) -> jax.Array:
    """Cut images (n, height * width * channels) into what the kernel sees: (n, positions, kernel.rows)."""
    height, width = kernel.positions
    edge = (kernel.padding, kernel.padding)
    padded = jnp.pad(inputs.reshape(-1, *kernel.image), ((0, 0), edge, edge, (0, 0)))
    offsets = [(row, column) for row in range(kernel.size) for column in range(kernel.size)]
    parts = [padded[:, row : row + height, column : column + width] for row, column in offsets]
    return jnp.concatenate(parts, axis=-1).reshape(len(inputs), height * width, kernel.rows)


def patches_by_pool(kernel: Kernel, inputs: jax.Array) -> jax.Array:
    """Return the patches of images (n, height * width * channels) in the order (pool^2, n, pools, kernel.rows).

    What a pool makes one of are then slices of the first axis, which a CPU's vectors compare at once.
    """
    edge, pool, image = (kernel.padding, kernel.padding), kernel.pool, kernel.pooled_image(1)
    padded = jnp.pad(inputs.reshape(-1, *kernel.image), ((0, 0), edge, edge, (0, 0)))

    def starting(row: int, column: int) -> jax.Array:
        return padded[:, row : row + pool * image[0] : pool, column : column + pool * image[1] : pool]

    size = range(kernel.size)
    members = [
        jnp.concatenate([starting(row + i, column + j) for i in size for j in size], axis=-1)
        for row in range(pool)
        for column in range(pool)
    ]
    return jnp.stack(members).reshape(pool**2, len(inputs), image[0] * image[1], kernel.rows)


def pooled(kernel: Kernel, sums: jax.Array) -> jax.Array:
    """Return the largest of each pool, flat: weighted sums (n, positions, channels) to (n, features).

    A ReLU that follows does what one before would have done, as it never reverses an order.
    """
    (height, width, channels), pool = kernel.pooled_image(sums.shape[-1]), kernel.pool
    return sums.reshape(-1, height, pool, width, pool, channels).max(axis=(2, 4)).reshape(len(sums), -1)
