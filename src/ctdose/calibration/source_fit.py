"""The least-squares fit of an equivalent source to measurements, with its covariance and what it cannot see.

Minimised is  |L^-1 (f·g(x) - m)|² + Σ ((x - x₀) / s)²,  m the readings, g the model, f outputs and scales, L L^T the
covariance of readings and simulation together, x₀ and s what the base scanner says of each parameter
(source_parameters.py). The covariance of x is (J^T J)^-1 of all rows, J the Jacobian at the minimum.

How much the readings say about a parameter is 1 - (its error / s)²: 0 if the error is still that of the base scanner.
A direction of the parameter space along which the readings change by less than their errors over one s is degenerate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctdose.calibration.measurements import Measurements
from ctdose.calibration.readings import Reading, predictions, simulation_covariance
from ctdose.calibration.shaped_source import factors_of, source_of
from ctdose.calibration.source_model import SourceModel
from ctdose.calibration.source_parameters import Parameter, parameters_of
from ctdose.kernels.tables import F64
from ctdose.scanner.model import Scanner

KNOWN, PARTLY = 0.75, 0.1  # share that the readings say: from here on determined; below, not at all
STANDS_OUT = 0.3  # components of a degenerate direction that are named


@dataclass(frozen=True)
class SourceFit:
    """An equivalent source, and how it fits.

    Attributes
    ----------
    base : Scanner
    material : str
        Of the fitted filtration.
    readings : list of Reading
    fitted : float64 ndarray [readings]
    error : float64 ndarray [readings]
        One sigma of reading and simulation together.
    parameters : list of Parameter
    x, covariance : float64 ndarray [parameters], [parameters, parameters]
        In the scale of the fit.
    degenerate : list of (tuple of str)
        Parameters that the readings determine only together, or not at all if it is one.
    chi_squared : float
        Of the readings.
    degrees_of_freedom : float
        Readings less the number of parameters that they determine.
    """

    base: Scanner
    material: str
    readings: list[Reading]
    fitted: F64
    error: F64
    parameters: list[Parameter]
    x: F64
    covariance: F64
    degenerate: list[tuple[str, ...]]
    chi_squared: float
    degrees_of_freedom: float

    @property
    def scanner(self) -> Scanner:
        """The base scanner with the fitted filtration and bowties."""
        return self.source_at(self.x)

    def source_at(self, x: F64) -> Scanner:
        """The base scanner with the filtration and bowties of other values of the parameters."""
        return source_of(self.parameters, x, self.base, self.material)

    @property
    def sigma(self) -> F64:
        """Measured less fitted in units of the error, [readings]."""
        measured = np.array([r.value for r in self.readings])
        return (measured - self.fitted) / self.error

    @property
    def said(self) -> F64:
        """Share of each parameter that the readings determine, 0 to 1, [parameters]."""
        spread = np.array([p.spread for p in self.parameters])
        return np.clip(1.0 - np.diag(self.covariance) / spread**2, 0.0, 1.0)

    @property
    def p_value(self) -> float:
        """Probability that a right source fits so badly; 1 with no degrees of freedom."""
        from scipy.stats import chi2

        return float(chi2.sf(self.chi_squared, max(self.degrees_of_freedom, 1.0)))

    def at_limit(self, index: int) -> bool:
        """Whether a parameter was stopped by a bound: no thickness is negative."""
        parameter, value = self.parameters[index], float(self.x[index])
        near = 1e-3 * parameter.spread
        return value - parameter.low < near or parameter.high - value < near

    def value_and_error(self, index: int) -> tuple[float, float]:
        """A parameter and its standard error as they are shown."""
        parameter, value = self.parameters[index], float(self.x[index])
        error = float(np.sqrt(self.covariance[index, index]))
        shown = parameter.shown(value)
        return shown, shown * error if parameter.is_logarithm else error


def fit_source(
    measurements: Measurements, base: Scanner, model: SourceModel, readings: list[Reading]
) -> SourceFit:
    """Fit the equivalent source.

    Parameters
    ----------
    measurements : Measurements
    base : Scanner
        With the geometry that holds.
    model : SourceModel
        With a response for every phantom of the readings.
    readings : list of Reading
        Of the measurements.
    """
    from scipy.optimize import least_squares

    parameters = parameters_of(measurements, base, readings)
    material = measurements.filtration_material
    start, spread = (np.array([getattr(p, name) for p in parameters]) for name in ("start", "spread"))
    low, high = (np.array([getattr(p, name) for p in parameters]) for name in ("low", "high"))
    measured, sigma = (np.array([getattr(r, name) for r in readings]) for name in ("value", "error"))

    def fitted(x: F64) -> F64:
        of_model = predictions(model, source_of(parameters, x, base, material), readings)
        return of_model * factors_of(parameters, x, readings)

    simulated = simulation_covariance(model, base, readings)
    covariance = np.diag(sigma**2) + simulated * np.outer(measured, measured)
    root = np.linalg.cholesky(covariance)

    def residuals(x: F64) -> F64:
        return np.concatenate([np.linalg.solve(root, fitted(x) - measured), (x - start) / spread])

    first = np.clip(start, low + 1e-9, high - 1e-9)
    found = least_squares(residuals, first, bounds=(low, high), x_scale=spread, xtol=1e-10, ftol=1e-10)
    jacobian = np.asarray(found.jac)
    of_readings = jacobian[: measured.size] * spread
    covariance_x = np.linalg.inv(jacobian.T @ jacobian)
    own = np.linalg.svd(of_readings, compute_uv=False)
    return SourceFit(
        base=base,
        material=material,
        readings=readings,
        fitted=fitted(found.x),
        error=np.sqrt(np.diag(covariance)),
        parameters=parameters,
        x=found.x,
        covariance=covariance_x,
        degenerate=_degenerate(parameters, of_readings),
        chi_squared=float((found.fun[: measured.size] ** 2).sum()),
        degrees_of_freedom=float(measured.size - (own**2 / (1.0 + own**2)).sum()),
    )


def _degenerate(parameters: list[Parameter], scaled: F64) -> list[tuple[str, ...]]:
    """Directions that the readings do not see, each by the parameters that stand out in it."""
    _, values, rows = np.linalg.svd(scaled, full_matrices=True)
    values = np.concatenate([values, np.zeros(len(parameters) - values.size)])
    found = []
    for value, row in zip(values, rows, strict=True):
        if value < 1.0:
            named = [p.name for p, part in zip(parameters, row, strict=True) if abs(part) > STANDS_OUT]
            found.append(tuple(named))
    return list(dict.fromkeys(found))
