"""Functions of numbers: arithmetic, rounding, bits, distributions, units."""

from __future__ import annotations

from typing import Final

from openinsights.kql.names.name import Name

NAMES: Final = (
    Name("abs", "abs(number)", "print abs(-5)"),
    Name("acos", "acos(number)", "print acos(1)"),
    Name("asin", "asin(number)", "print asin(0)"),
    Name("atan", "atan(number)", "print atan(0)"),
    Name("atan2", "atan2(y, x)", "print atan2(0, 1)"),
    Name("beta_cdf", "beta_cdf(x, alpha, beta)", "print round(beta_cdf(0.5, 2, 2), 6)"),
    Name("beta_inv", "beta_inv(probability, alpha, beta)", "print round(beta_inv(0.5, 2, 2), 6)"),
    Name("beta_pdf", "beta_pdf(x, alpha, beta)", "print round(beta_pdf(0.5, 2, 2), 6)"),
    Name("bin", "bin(value, roundTo)", "print bin(17, 5)"),
    Name("bin_at", "bin_at(value, bin_size, fixed_point)", "print bin_at(17, 5, 1)"),
    Name("bin_auto", "bin_auto(value)", "set query_bin_auto_size = 5; print bin_auto(17)"),
    Name("binary_and", "binary_and(value1, value2)", "print binary_and(12, 10)"),
    Name("binary_not", "binary_not(value)", "print binary_not(0)"),
    Name("binary_or", "binary_or(value1, value2)", "print binary_or(12, 10)"),
    Name("binary_shift_left", "binary_shift_left(value, shift)", "print binary_shift_left(1, 4)"),
    Name(
        "binary_shift_right", "binary_shift_right(value, shift)", "print binary_shift_right(16, 4)"
    ),
    Name("binary_xor", "binary_xor(value1, value2)", "print binary_xor(12, 10)"),
    Name("bitset_count_ones", "bitset_count_ones(value)", "print bitset_count_ones(7)"),
    Name("ceiling", "ceiling(number)", "print ceiling(1.2)"),
    Name(
        "convert_angle",
        "convert_angle(value, from, to)",
        "print round(convert_angle(180, 'Degree', 'Radian'), 6)",
    ),
    Name(
        "convert_energy",
        "convert_energy(value, from, to)",
        "print convert_energy(1, 'Kilojoule', 'Joule')",
    ),
    Name(
        "convert_force",
        "convert_force(value, from, to)",
        "print convert_force(1, 'Kilonewton', 'Newton')",
    ),
    Name(
        "convert_length",
        "convert_length(value, from, to)",
        "print convert_length(1, 'Kilometer', 'Meter')",
    ),
    Name(
        "convert_mass", "convert_mass(value, from, to)", "print convert_mass(1, 'Kilogram', 'Gram')"
    ),
    Name(
        "convert_speed",
        "convert_speed(value, from, to)",
        "print convert_speed(36, 'KilometerPerHour', 'MeterPerSecond')",
    ),
    Name(
        "convert_temperature",
        "convert_temperature(value, from, to)",
        "print convert_temperature(20, 'DegreeCelsius', 'Kelvin')",
    ),
    Name(
        "convert_volume",
        "convert_volume(value, from, to)",
        "print convert_volume(1, 'CubicMeter', 'Liter')",
    ),
    Name("cos", "cos(number)", "print cos(0)"),
    Name("cot", "cot(number)", "print round(cot(0.5), 6)"),
    Name("degrees", "degrees(radians)", "print degrees(pi())"),
    Name("erf", "erf(number)", "print round(erf(1), 6)"),
    Name("erfc", "erfc(number)", "print round(erfc(1), 6)"),
    Name("exp", "exp(number)", "print exp(0)"),
    Name("exp10", "exp10(number)", "print exp10(3)"),
    Name("exp2", "exp2(number)", "print exp2(10)"),
    Name("floor", "floor(value, roundTo)", "print floor(17, 5)"),
    Name("format_bytes", "format_bytes(size, [precision], [format])", "print format_bytes(1536)"),
    Name("gamma", "gamma(number)", "print gamma(5)"),
    Name("isfinite", "isfinite(number)", "print isfinite(1.0 / 0)"),
    Name("isinf", "isinf(number)", "print isinf(1.0 / 0)"),
    Name("isnan", "isnan(number)", "print isnan(0.0 / 0)"),
    Name("log", "log(number)", "print log(1)"),
    Name("log10", "log10(number)", "print log10(1000)"),
    Name("log2", "log2(number)", "print log2(1024)"),
    Name("loggamma", "loggamma(number)", "print round(loggamma(10), 6)"),
    Name("max_of", "max_of(arg, …)", "print max_of(3, 7, 5)"),
    Name("min_of", "min_of(arg, …)", "print min_of(3, 7, 5)"),
    Name("pi", "pi()", "print round(pi(), 6)"),
    Name("pow", "pow(base, exponent)", "print pow(2, 10)"),
    Name("radians", "radians(degrees)", "print round(radians(180), 6)"),
    Name("rand", "rand([number])", "print rand() < 1"),
    Name("round", "round(number, [precision])", "print round(12.345, 1)"),
    Name("sign", "sign(number)", "print sign(-3)"),
    Name("sin", "sin(number)", "print sin(0)"),
    Name("sqrt", "sqrt(number)", "print sqrt(16)"),
    Name("tan", "tan(number)", "print tan(0)"),
    Name("tohex", "tohex(value, [minLength])", "print tohex(255)"),
    Name(
        "welch_test",
        "welch_test(mean1, variance1, count1, mean2, variance2, count2)",
        "print round(welch_test(10, 4, 50, 11, 4, 50), 4)",
    ),
)
