"""What `bin/run`, `bin/test` and `bin/bench` do on a machine that has Python and nothing else.

Standard library only: this code runs before anything is installed. Nothing here is used in production.
"""
