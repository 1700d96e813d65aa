"""OpenTelemetry's own protocol: its bodies become the same envelopes that Azure's exporter sends.

One direction: bytes > records (protobuf or JSON) > envelopes, then the way of every body. The HTTP
and gRPC sides are thin edges around it. Rules are numbered in `docs/spec/opentelemetry.md`.
"""
