"""What becomes of images that cannot be read."""

from collections.abc import Sequence
import threading

from base.errors import InputError

_NAMED_IN_ERROR = 10


class BadImages:
  """The images that cannot be read: skipped up to a limit, then the end.

  Readers in several threads report here, and `check` tells the program. An
  image counts once, however often it is met.
  """

  def __init__(self, limit: int = 0):
    """At most `limit` images are skipped."""
    self.limit = limit
    self.messages = []  # One for each image: 'name: reason'.
    self._fatal = None
    self._lock = threading.Lock()

  def add(self, message: str) -> bool:
    """Notes an image; returns whether it may be skipped."""
    with self._lock:
      if message not in self.messages:
        self.messages.append(message)
      return len(self.messages) <= self.limit

  def stop(self, message: str) -> None:
    """Notes what no limit covers."""
    with self._lock:
      self._fatal = self._fatal or message

  def check(self) -> None:
    """Raises InputError if the batches ended for what was noted, naming it."""
    with self._lock:
      if self._fatal:
        raise InputError(self._fatal)
      count = len(self.messages)
      if count > self.limit:
        named = _join(self.messages[:_NAMED_IN_ERROR])
        more = '; ...' if count > _NAMED_IN_ERROR else ''
        raise InputError(
          f'{named}{more} (unreadable images: {count}, allowed: {self.limit}; '
          'repair or remove them, or set --max_bad_images=N to skip up to N)'
        )


def _join(messages: Sequence[str]) -> str:
  """Returns one line, in which a reason that several images have is once."""
  names_by_reason = {}
  for message in messages:
    name, _, reason = message.partition(': ')
    names_by_reason.setdefault(reason, []).append(name)
  return '; '.join(
    f'{", ".join(names)}: {reason}' for reason, names in names_by_reason.items()
  )
