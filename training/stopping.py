"""Ends a run on a signal: the step is finished and saved, then it stops."""

from collections.abc import Iterator
import contextlib
import os
import signal

_SIGNALS = (signal.SIGINT, signal.SIGTERM)  # Ctrl-C; kill, and schedulers
_MESSAGE = '\nStopping after this step; once more ends it at once.\n'


class Stop:
  """What the signals have asked for so far."""

  def __init__(self):
    self.signal_number = None  # the first that came


@contextlib.contextmanager
def on_signals() -> Iterator[Stop]:
  """Yields a Stop that notes SIGINT (Ctrl-C) and SIGTERM while it lasts.

  Nothing but a note is taken when a signal comes, wherever the program is then:
  TensorFlow's tracing turns an exception raised there into another. A second
  signal of the kind has its usual effect.
  """
  stop = Stop()

  def note(number, frame):
    del frame
    stop.signal_number = stop.signal_number or number
    signal.signal(number, signal.SIG_DFL)
    # print could be in the middle of printing.
    os.write(2, _MESSAGE.encode())

  former = {
    number: signal.signal(number, note)
    for number in _SIGNALS
    # Shells have jobs in the background ignore Ctrl-C.
    if signal.getsignal(number) != signal.SIG_IGN
  }
  try:
    yield stop
  finally:
    for number, handler in former.items():
      signal.signal(number, handler)
