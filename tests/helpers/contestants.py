"""Contestants that compute nothing, for processes of benchmarking/timing.py.

What they do is said by their Configuration's network.
"""

import os
import resource
import signal

import numpy as np

_ROOM = 2**30  # bytes of address space, beside what there is


class ResourceExhaustedError(Exception):
  """Named as TensorFlow's, of which it is not worth seconds to import it."""


class Contestant:
  """Takes two seconds for each step, or runs out of memory in some way."""

  def __init__(self, configuration):
    self._end = configuration.network

  def warm_up(self, seconds):
    if self._end == 'raises':
      raise ResourceExhaustedError('OOM when allocating tensor\nwith shape')
    if self._end == 'xla':
      raise RuntimeError('RESOURCE_EXHAUSTED: 9 GB\nare too many')
    if self._end == 'killed':
      os.kill(os.getpid(), signal.SIGKILL)
    if self._end == 'limited':
      with open('/proc/self/statm', encoding='utf-8') as file:
        pages = int(file.read().split()[0])
      room = pages * resource.getpagesize() + _ROOM
      resource.setrlimit(resource.RLIMIT_AS, (room, room))
      np.ones(2 * _ROOM, np.uint8)
    return seconds, 2.0

  def time(self, steps):
    del steps
    return 2.0

  def peak_memory(self):
    return len(os.sched_getaffinity(0))


def make(configuration, cores=None):
  """In place of timing.make_contestant; keeps to the cores as it does."""
  if cores:
    os.sched_setaffinity(0, cores)
  return Contestant(configuration)
