"""What ``gatehouse evaluate --html`` writes: one page that stands by itself."""

from classifiers.report.page import Unable, write

__all__ = ["Unable", "write"]
