"""Tests that take minutes on two slow cores: `make soak` runs them.

It finds the files that name soak.slow or soak.skip_slow, and sets
TWINSLIM_SLOW.
"""

import os
import unittest

_RUNS = 'TWINSLIM_SLOW' in os.environ
_REASON = 'slow: make soak'

slow = unittest.skipUnless(_RUNS, _REASON)


def skip_slow(case: unittest.TestCase, is_slow: bool) -> None:
  """Skips a test whose parameters make it slow, as slow does a whole one."""
  if is_slow and not _RUNS:
    case.skipTest(_REASON)
