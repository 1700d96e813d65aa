"""What a metric is: its name, meaning, unit, kind of value and labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from opencensus.metrics.export import value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opencensus.metrics.label_key import LabelKey


class _MetricDescriptorTypeMeta(type):
    """Lets `number in MetricDescriptorType` say whether the number is one of its kinds."""

    def __contains__(cls, item: object) -> bool:
        return item in MetricDescriptorType._type_map


class MetricDescriptorType(metaclass=_MetricDescriptorTypeMeta):
    """The kinds of metrics.

    Gauges may rise and fall; cumulative values only rise from their start time on.
    """

    GAUGE_INT64 = 1
    GAUGE_DOUBLE = 2
    GAUGE_DISTRIBUTION = 3
    CUMULATIVE_INT64 = 4
    CUMULATIVE_DOUBLE = 5
    CUMULATIVE_DISTRIBUTION = 6
    SUMMARY = 7

    _type_map: ClassVar[dict[object, type]] = {
        GAUGE_INT64: value.ValueLong,
        GAUGE_DOUBLE: value.ValueDouble,
        GAUGE_DISTRIBUTION: value.ValueDistribution,
        CUMULATIVE_INT64: value.ValueLong,
        CUMULATIVE_DOUBLE: value.ValueDouble,
        CUMULATIVE_DISTRIBUTION: value.ValueDistribution,
        SUMMARY: value.ValueSummary,
    }

    @classmethod
    def to_type_class(cls, metric_descriptor_type: int) -> type:
        """Return the class of a metric's values.

        Raises:
            ValueError: There is no such kind.
        """
        try:
            return cls._type_map[metric_descriptor_type]
        except KeyError:
            raise ValueError("Unknown MetricDescriptorType value") from None


class MetricDescriptor:
    """A metric's description.

    Raises:
        ValueError: `type_` is no `MetricDescriptorType`, or a label key is None.
    """

    def __init__(
        self,
        name: str,
        description: str,
        unit: str | None,
        type_: int,
        label_keys: Sequence[LabelKey],
    ) -> None:
        if type_ not in MetricDescriptorType:
            raise ValueError("Invalid type")
        if label_keys is None:
            raise ValueError("label_keys must not be None")
        if any(key is None for key in label_keys):
            raise ValueError("label_keys must not contain null keys")
        self._name = name
        self._description = description
        self._unit = unit
        self._type = type_
        self._label_keys = label_keys

    def __repr__(self) -> str:
        type_name = MetricDescriptorType.to_type_class(self.type).__name__
        return (
            f'{type(self).__name__}(name="{self.name}", description="{self.description}", '
            f"unit={self.unit}, type={type_name})"
        )

    @property
    def name(self) -> str:
        """The name."""
        return self._name

    @property
    def description(self) -> str:
        """What is measured."""
        return self._description

    @property
    def unit(self) -> str | None:
        """The unit of the values."""
        return self._unit

    @property
    def type(self) -> int:
        """One of `MetricDescriptorType`."""
        return self._type

    @property
    def label_keys(self) -> Sequence[LabelKey]:
        """The label keys."""
        return self._label_keys
