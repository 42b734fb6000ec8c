"""A NumPy map that several scores share: read from memory a few times, not a few times per score.

A map at an image's own size outgrows the processor's cache, so that reading and writing it costs
more than the arithmetic. A `Kept` map only notes what is subtracted and divided, works the result
out strip by strip where it is summed, and keeps the sums.
"""

import functools

import numpy as np

STRIP = 32768  # pixels worked on at a time: a few such arrays stay in the cache


class Kept:
    """One map `[height, width]`, of which each sum is taken once.

    `kept - number`, `kept + number` and `kept / number` are forms of it that share what is known.
    `numpy.sum`, `min`, `max` and `take`, and slices, work as on the array; all else sees a copy.

    Args:
        values: the map, float32 or float64; it must not be changed afterwards.
        shift, factor: of a form, which is `(values - shift) * factor`.
        known: of another form of the same map: what is known of it so far.
    """

    def __init__(self, values, shift=0.0, factor=1.0, known=None):
        self.values, self.shift, self.factor = np.asarray(values), shift, factor
        self.shape, self.size = self.values.shape, self.values.size
        self.ndim, self.dtype = self.values.ndim, self.values.dtype
        self.known = _Known() if known is None else known
        self.identity = self.known.token, shift, factor

    def __sub__(self, number):
        shift = self.shift + _number(number) / self.factor
        return Kept(self.values, shift, self.factor, self.known)

    def __add__(self, number):
        return self - -_number(number)

    def __truediv__(self, number):
        return Kept(self.values, self.shift, self.factor / _number(number), self.known)

    def __getitem__(self, where):
        return self._formed(self.values[where])

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self._formed(self.values), dtype)

    def __eq__(self, other):
        return isinstance(other, Kept) and self.identity == other.identity

    def __hash__(self):
        return hash(self.identity)

    def take(self, index, **_):
        """Values at flat indices."""
        return self._formed(self.values.take(index))

    def min(self, axis=None, out=None, keepdims=False):
        """Least value."""
        return _keeping(self._formed(self._of_values(np.min)), keepdims)

    def max(self, axis=None, out=None, keepdims=False):
        """Largest value."""
        return _keeping(self._formed(self._of_values(np.max)), keepdims)

    def sum(self, axis=None, out=None, keepdims=False):
        """Sum over all pixels."""
        if self.shift:
            return _keeping(total_of(np.sum, self), keepdims)
        return _keeping(self._of_values(np.sum) * self.factor, keepdims)

    def _of_values(self, number):
        if number not in self.known.sums:
            self.known.sums[number] = number(self.values)
        return self.known.sums[number]

    def _formed(self, values):
        if self.shift:
            values = values - self.shift
        return values * self.factor if self.factor != 1 else values


class _Known:
    """What is known of a map, by formula and the identities of the forms it is of.

    A token stands for the map in these, so that nothing here holds the maps themselves: each is
    freed as soon as nobody scores it.
    """

    def __init__(self):
        self.token, self.sums = object(), {}


def once(form):
    """Let `form(x, mask, ...)` of a `Kept` map without a mask be worked out once."""

    @functools.wraps(form)
    def of_any(x, mask=None, **options):
        if not isinstance(x, Kept) or mask is not None:
            return form(x, mask, **options)
        key, sums = (form, x.identity, *options.items()), x.known.sums
        if key not in sums:
            sums[key] = form(x, **options)
        return sums[key]

    return of_any


def total_of(formula, *images):
    """`formula(*images)`, a sum over the pixels of `Kept` maps of one size; taken once."""
    take_totals((formula, *images))
    return images[-1].known.sums[_key(formula, *images)]


def take_totals(*wanted):
    """Take several totals in one pass over the maps, for `total_of` to find.

    Args:
        wanted: tuples (formula, image, ...), the arguments of `total_of`.
    """
    wanted = [each for each in wanted if _key(*each) not in each[-1].known.sums]
    images = list(dict.fromkeys(image for _, *each in wanted for image in each))
    terms = [(formula, [images.index(image) for image in each]) for formula, *each in wanted]
    totals = [0.0] * len(wanted)
    for strip in _strips(images[0].shape) if images else ():
        parts = [image[strip] for image in images]
        for k, (formula, which) in enumerate(terms):
            totals[k] += formula(*[parts[i] for i in which])
    for each, total in zip(wanted, totals, strict=True):
        each[-1].known.sums[_key(*each)] = total


def _key(formula, *images):
    return formula, *(image.identity for image in images)


def dot(x, y):
    """Sum of the products of two forms, from sums over the maps themselves unless those cancel."""
    a, b = (Kept(image.values, known=image.known) for image in (x, y))
    products = total_of(np.vdot, a, b)
    of_forms = products - x.shift * b.sum() - y.shift * a.sum() + a.size * x.shift * y.shift
    if abs(of_forms) < 1e-5 * abs(products):
        return total_of(np.vdot, x, y)
    return of_forms * x.factor * y.factor


def _strips(size):
    rows = max(1, STRIP // max(1, size[1]))
    return [slice(first, first + rows) for first in range(0, size[0], rows)]


def _number(x):
    return np.asarray(x).item()


def _keeping(number, keepdims):
    return np.full((1, 1), number) if keepdims else number
