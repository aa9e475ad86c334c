"""What a classifier says of image files, as text and as CSV."""

from collections.abc import Sequence
import csv
import io
from typing import Any
from typing import NamedTuple

from tasks.classification import Prediction

_WIDTH = 80  # of a line, in columns
_FILE_WIDTH = 40  # of a file's name where predictions follow it


class Result(NamedTuple):
  """Of one image file: why it cannot be read, or its likeliest classes."""

  file: str
  error: str | None
  predictions: Sequence[Prediction] = ()

  def as_json(self) -> dict[str, Any]:
    """Returns plain values."""
    if self.error:
      return {'file': self.file, 'error': self.error}
    return {
      'file': self.file,
      'predictions': [one._asdict() for one in self.predictions],
    }


def to_text(result: Result, file_width: int) -> str:
  """Returns a line for the file and one for each class; one class, one line.

  file_width: of the longest file's name, so that lines are a table.
  """
  lines = [
    f'{one.label:6}  {one.probability:6.4f}  {one.name or ""}'
    for one in result.predictions
  ]
  if len(lines) == 1:
    width = min(file_width, _FILE_WIDTH)
    line = f'{result.file:{width}} {lines[0]}'
    # The file and the probability are whole, whatever becomes of the class.
    name = result.predictions[0].name or ''
    return line[: max(_WIDTH, len(line) - len(name))].rstrip()
  return '\n'.join([result.file, *(line[:_WIDTH].rstrip() for line in lines)])


def to_csv(results: Sequence[Result]) -> str:
  """Returns a header, and a row for each class of each file, or its error."""
  text = io.StringIO()
  writer = csv.writer(text, lineterminator='\n')
  writer.writerow(['file', 'rank', 'label', 'name', 'probability', 'error'])
  for result in results:
    if result.error:
      writer.writerow([result.file, '', '', '', '', result.error])
    for rank, one in enumerate(result.predictions, 1):
      writer.writerow(
        [result.file, rank, one.label, one.name, f'{one.probability:.6g}', '']
      )
  return text.getvalue()
