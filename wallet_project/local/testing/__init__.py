"""The checks and suites of `bin/test`."""
