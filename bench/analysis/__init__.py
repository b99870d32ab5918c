"""From a table of measurements to what it shows: pure functions on arrays and frames.

Imports pandas, numpy and scipy, and no other module of `bench`, so that every number here can
be used, and checked, without a model, a store or torch. Formulas, sources and measured coverage
are in ``docs/statistics.md``.
"""
