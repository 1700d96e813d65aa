"""The retired integrations that are not here, and what to use instead."""

from __future__ import annotations

from typing import NoReturn

INSTEAD = {
    "datadog": (
        "Datadog's agent takes OpenTelemetry's protocol: send spans there with "
        "opentelemetry-exporter-otlp, or send them to OpenInsights with "
        "opencensus.ext.azure.trace_exporter.AzureExporter"
    ),
    "google_cloud_clientlibs": (
        "Google's client libraries call through requests and grpc: "
        "trace_integrations(['requests', 'grpc']) traces their calls"
    ),
    "jaeger": (
        "Jaeger has retired the protocol that it spoke and takes OpenTelemetry's: send spans there "
        "with opentelemetry-exporter-otlp, or send them to OpenInsights with "
        "opencensus.ext.azure.trace_exporter.AzureExporter"
    ),
    "ocagent": (
        "the OpenCensus agent is retired and its successor, OpenTelemetry's collector, takes "
        "OpenTelemetry's protocol: send spans there with opentelemetry-exporter-otlp, or send them "
        "to OpenInsights with opencensus.ext.azure.trace_exporter.AzureExporter"
    ),
    "stackdriver": (
        "Google Cloud takes OpenTelemetry's protocol: send spans and metrics there with "
        "opentelemetry-exporter-gcp-trace and opentelemetry-exporter-gcp-monitoring, or send them "
        "to OpenInsights with opencensus.ext.azure's exporters"
    ),
}
"""Package below `opencensus.ext`, and a sentence."""


def refuse(module: str) -> NoReturn:
    """Say that a package is not here and what to use instead.

    Args:
        module: The whole name of the package.

    Raises:
        ImportError: Always.
    """
    name = module.rpartition(".")[2]
    raise ImportError(f"cannot import {module}: it is not supported; {INSTEAD[name]}", name=module)
