"""MATLAB's .mat files without MATLAB, and without pickles."""

import io

import h5py
import numpy as np
import scipy.io

_LARGEST = 120_000_000  # numbers in one array


def read(archive, member, variable=None):
    """One variable of a .mat file in an `archives.Archive`; errors name the file."""
    try:
        return load(archive.read(member), variable)
    except ValueError as error:
        raise ValueError(f"{member}: {error}") from error


def load(data, variable=None):
    """One variable of a .mat file of version 5 to 7.

    Args:
        data: the file's bytes.
        variable: its name; None for the only one.

    Returns:
        Arrays; structs as dicts, cells as object arrays, one-element ones taken out. Every number
        is float64: MATLAB writes whole ones in the narrowest type, whose arithmetic overflows.

    Raises:
        ValueError: it is no .mat file or has no such variable, or one that is too large.
    """
    try:
        shapes = scipy.io.whosmat(io.BytesIO(data))
        for name, shape, _ in shapes:
            _check_size(name, shape)
    except ValueError:
        raise
    except Exception as error:  # SciPy raises whatever its parser trips over
        raise ValueError(f"not a .mat file that SciPy reads: {error}") from error
    try:
        content = scipy.io.loadmat(io.BytesIO(data), simplify_cells=True)
    except Exception as error:  # SciPy raises whatever its parser trips over
        raise ValueError(f"not a .mat file that SciPy reads: {error}") from error
    names = [name for name in content if not name.startswith("__")]
    if variable is None and len(names) == 1:
        return _float64(content[names[0]])
    if variable not in names:
        raise ValueError(f"a .mat file needs the variable {variable}. Received: {names}")
    return _float64(content[variable])


def cells(value):
    """A cell array (or what `simplify_cells` made of one) as a list; [] for an empty one."""
    if isinstance(value, dict):
        return [value]
    if isinstance(value, np.ndarray) and value.dtype != object and value.size == 0:
        return []
    return list(value)


def load_hdf5_cells(data, variable):
    """The cells of one variable of a .mat file of version 7.3, which is an HDF5 file.

    Returns:
        A list of arrays, each transposed to the shape that MATLAB shows.

    Raises:
        ValueError: it is no HDF5 file or has no such variable.
    """
    try:
        opened = h5py.File(io.BytesIO(data))
    except OSError as error:
        raise ValueError(f"not a .mat file of version 7.3: {error}") from error
    with opened as file:
        if variable not in file:
            raise ValueError(f"a .mat file needs the variable {variable}. Received: {list(file)}")
        return [_cell(file[reference]) for reference in file[variable][()].ravel()]


def _cell(dataset):
    _check_size(dataset.name, dataset.shape)
    return np.array(dataset, np.float64).T


def _check_size(name, shape):
    """Raise ValueError for an array that no set has, before it is read."""
    if np.prod(shape, dtype=float) > _LARGEST:
        raise ValueError(f"an array may have {_LARGEST} numbers. Received: {name} of {shape}")


def _float64(value):
    """Every number in arrays, structs and cells as float64."""
    if isinstance(value, dict):
        return {key: _float64(one) for key, one in value.items()}
    if isinstance(value, np.ndarray) and value.dtype == object:
        converted = np.empty(value.shape, object)
        for index in np.ndindex(value.shape):
            converted[index] = _float64(value[index])
        return converted
    if isinstance(value, list):
        return [_float64(one) for one in value]
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        return value.astype(np.float64)
    return float(value) if isinstance(value, (int, float, np.number, np.bool_)) else value
