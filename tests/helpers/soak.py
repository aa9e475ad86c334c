"""Tests that take minutes on two slow cores: `make soak` runs them.

It finds the files that name this decorator, and sets TWINSLIM_SLOW.
"""

import os
import unittest

slow = unittest.skipUnless('TWINSLIM_SLOW' in os.environ, 'slow: make soak')
