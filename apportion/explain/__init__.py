"""Why something costs what it costs: from a number down to the bill and up to the statement.

Everything is read from the published release. Nothing is recomputed but sums.
"""
