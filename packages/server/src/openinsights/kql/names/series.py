"""Functions of series: arrays of numbers at equal distances."""

from __future__ import annotations

from typing import Final

from openinsights.kql.names.name import Name

NAMES: Final = (
    Name("series_abs", "series_abs(series)", "print series_abs(dynamic([-1, 2, -3]))"),
    Name("series_acos", "series_acos(series)", "print series_acos(dynamic([1]))"),
    Name(
        "series_add",
        "series_add(series1, series2)",
        "print series_add(dynamic([1, 2]), dynamic([10, 20]))",
    ),
    Name("series_asin", "series_asin(series)", "print series_asin(dynamic([0]))"),
    Name("series_atan", "series_atan(series)", "print series_atan(dynamic([0]))"),
    Name("series_ceiling", "series_ceiling(series)", "print series_ceiling(dynamic([1.2, 2.8]))"),
    Name("series_cos", "series_cos(series)", "print series_cos(dynamic([0]))"),
    Name(
        "series_cosine_similarity",
        "series_cosine_similarity(series1, series2, [series1_magnitude], [series2_magnitude])",
        "print series_cosine_similarity(dynamic([1, 0]), dynamic([1, 0]))",
    ),
    Name(
        "series_decompose",
        "series_decompose(series, [period], [trend], [test_points], [seasonality_threshold])",
        "print series_decompose(dynamic([1, 2, 1, 2, 1, 2, 1, 2]), 2)",
    ),
    Name(
        "series_decompose_anomalies",
        "series_decompose_anomalies(series, [threshold], [period], [trend], [test_points], [method], [seasonality_threshold])",
        "print series_decompose_anomalies(dynamic([1, 2, 1, 2, 1, 20, 1, 2, 1, 2, 1, 2]), 1.5, 2)",
    ),
    Name(
        "series_decompose_forecast",
        "series_decompose_forecast(series, test_points, [period], [trend], [seasonality_threshold])",
        "print series_decompose_forecast(dynamic([1, 2, 1, 2, 1, 2, 0, 0]), 2, 2)",
    ),
    Name(
        "series_divide",
        "series_divide(series1, series2)",
        "print series_divide(dynamic([10, 20]), dynamic([2, 5]))",
    ),
    Name(
        "series_dot_product",
        "series_dot_product(series1, series2)",
        "print series_dot_product(dynamic([1, 2]), dynamic([3, 4]))",
    ),
    Name(
        "series_equals",
        "series_equals(series1, series2)",
        "print series_equals(dynamic([1, 2]), dynamic([1, 3]))",
    ),
    Name("series_exp", "series_exp(series)", "print series_exp(dynamic([0]))"),
    Name(
        "series_fft",
        "series_fft(series, [series_imaginary])",
        "print series_fft(dynamic([1, 1, 1, 1]))",
    ),
    Name(
        "series_fill_backward",
        "series_fill_backward(series, [missing_value_placeholder])",
        "print series_fill_backward(dynamic([null, 2, null, 4]))",
    ),
    Name(
        "series_fill_const",
        "series_fill_const(series, [constant_value], [missing_value_placeholder])",
        "print series_fill_const(dynamic([1, null, 3]), 0)",
    ),
    Name(
        "series_fill_forward",
        "series_fill_forward(series, [missing_value_placeholder])",
        "print series_fill_forward(dynamic([1, null, 3, null]))",
    ),
    Name(
        "series_fill_linear",
        "series_fill_linear(series, [missing_value_placeholder], [fill_edges], [constant_value])",
        "print series_fill_linear(dynamic([1, null, 3]))",
    ),
    Name(
        "series_fir",
        "series_fir(series, filter, [normalize], [center])",
        "print series_fir(dynamic([1, 2, 3, 4]), dynamic([1, 1]))",
    ),
    Name(
        "series_fit_2lines",
        "series_fit_2lines(array)",
        "print series_fit_2lines(dynamic([1, 2, 3, 9, 8, 7]))",
    ),
    Name(
        "series_fit_2lines_dynamic",
        "series_fit_2lines_dynamic(series)",
        "print series_fit_2lines_dynamic(dynamic([1, 2, 3, 9, 8, 7])).split_idx",
    ),
    Name(
        "series_fit_line", "series_fit_line(series)", "print series_fit_line(dynamic([2, 4, 6, 8]))"
    ),
    Name(
        "series_fit_line_dynamic",
        "series_fit_line_dynamic(series)",
        "print round(toreal(series_fit_line_dynamic(dynamic([2, 4, 6, 8])).slope), 6)",
    ),
    Name(
        "series_fit_poly",
        "series_fit_poly(y_series, [x_series], [degree])",
        "print series_fit_poly(dynamic([1, 4, 9, 16, 25]))",
    ),
    Name("series_floor", "series_floor(series)", "print series_floor(dynamic([1.2, 2.8]))"),
    Name(
        "series_greater",
        "series_greater(series1, series2)",
        "print series_greater(dynamic([1, 5]), dynamic([2, 2]))",
    ),
    Name(
        "series_greater_equals",
        "series_greater_equals(series1, series2)",
        "print series_greater_equals(dynamic([2, 1]), dynamic([2, 2]))",
    ),
    Name(
        "series_ifft",
        "series_ifft(series, [series_imaginary])",
        "print series_ifft(dynamic([4, 0, 0, 0]), dynamic([0, 0, 0, 0]))",
    ),
    Name(
        "series_iir",
        "series_iir(series, numerators, denominators)",
        "print series_iir(dynamic([1, 1, 1]), dynamic([1]), dynamic([1, -1]))",
    ),
    Name(
        "series_less",
        "series_less(series1, series2)",
        "print series_less(dynamic([1, 5]), dynamic([2, 2]))",
    ),
    Name(
        "series_less_equals",
        "series_less_equals(series1, series2)",
        "print series_less_equals(dynamic([2, 5]), dynamic([2, 2]))",
    ),
    Name("series_log", "series_log(series)", "print series_log(dynamic([1]))"),
    Name("series_magnitude", "series_magnitude(series)", "print series_magnitude(dynamic([3, 4]))"),
    Name(
        "series_multiply",
        "series_multiply(series1, series2)",
        "print series_multiply(dynamic([1, 2]), dynamic([10, 20]))",
    ),
    Name(
        "series_not_equals",
        "series_not_equals(series1, series2)",
        "print series_not_equals(dynamic([1, 2]), dynamic([1, 3]))",
    ),
    Name(
        "series_outliers",
        "series_outliers(series, [kind], [ignore_val], [min_percentile], [max_percentile])",
        "print round(toreal(series_outliers(dynamic([1, 2, 1, 2, 30, 1, 2]))[4]), 6)",
    ),
    Name(
        "series_pearson_correlation",
        "series_pearson_correlation(series1, series2)",
        "print series_pearson_correlation(dynamic([1, 2, 3]), dynamic([2, 4, 6]))",
    ),
    Name(
        "series_periods_detect",
        "series_periods_detect(series, min_period, max_period, num_periods)",
        "print series_periods_detect(dynamic([1, 2, 1, 2, 1, 2, 1, 2]), 2, 4, 1)",
    ),
    Name(
        "series_periods_validate",
        "series_periods_validate(series, period, …)",
        "print series_periods_validate(dynamic([1, 2, 1, 2, 1, 2, 1, 2]), 2)",
    ),
    Name(
        "series_pow",
        "series_pow(series1, series2)",
        "print series_pow(dynamic([2, 3]), dynamic([3, 2]))",
    ),
    Name("series_product", "series_product(series)", "print series_product(dynamic([2, 3, 4]))"),
    Name(
        "series_seasonal",
        "series_seasonal(series, [period], [test_points])",
        "print series_seasonal(dynamic([1, 3, 1, 3, 1, 3, 1, 3]), 2)",
    ),
    Name("series_sign", "series_sign(series)", "print series_sign(dynamic([-2, 0, 5]))"),
    Name("series_sin", "series_sin(series)", "print series_sin(dynamic([0]))"),
    Name(
        "series_stats",
        "series_stats(series, [ignore_nonfinite])",
        "print series_stats(dynamic([1, 2, 3, 4]))",
    ),
    Name(
        "series_stats_dynamic",
        "series_stats_dynamic(series, [ignore_nonfinite])",
        "print series_stats_dynamic(dynamic([1, 2, 3, 4])).avg",
    ),
    Name(
        "series_subtract",
        "series_subtract(series1, series2)",
        "print series_subtract(dynamic([10, 20]), dynamic([1, 2]))",
    ),
    Name("series_sum", "series_sum(series)", "print series_sum(dynamic([1, 2, 3]))"),
    Name("series_tan", "series_tan(series)", "print series_tan(dynamic([0]))"),
)
