"""What was counted, as Prometheus wants to read it. Pure."""

from collections.abc import Iterator, Mapping
from itertools import accumulate

from prometheus_client.metrics_core import CounterMetricFamily, HistogramMetricFamily, Metric

from bot.counting import ABOVE, SUM, Figure, Totals


def counters(totals: Totals) -> Iterator[Metric]:
    """Yield a counter or a histogram for each figure."""
    for figure, found in totals.items():
        yield _histogram(figure, found) if figure.buckets else _counter(figure, found)


def _counter(figure: Figure, found: Mapping[tuple[str, ...], Mapping[str, float]]) -> Metric:
    family = CounterMetricFamily(figure.name, figure.says, labels=list(figure.labels))
    zeros = figure.combinations() if figure.from_zero else ()
    for words in sorted({*found, *zeros}):
        family.add_metric(words, found.get(words, {}).get("", 0))
    return family


def _histogram(figure: Figure, found: Mapping[tuple[str, ...], Mapping[str, float]]) -> Metric:
    family = HistogramMetricFamily(figure.name, figure.says, labels=list(figure.labels))
    bounds = [*map(str, figure.buckets), ABOVE]
    for words, parts in sorted(found.items()):
        # Each bucket holds what was counted in all smaller ones as well.
        numbers = accumulate(parts.get(bound, 0) for bound in bounds)
        family.add_metric(words, list(zip(bounds, numbers, strict=True)), parts.get(SUM, 0))
    return family
