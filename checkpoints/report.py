"""What a restore did with each variable, and a short table of it."""

import re
from typing import NamedTuple

from checkpoints import names as names_lib

_MOST_ROWS = 12
_SCOPE_WIDTH = 38


class Report(NamedTuple):
  """Names of variables, by what became of them.

  path: the checkpoint; step: its global_step, None if it has none; restored;
  skipped: {name: why}, there but left out; initialised: not there.
  """

  path: str
  step: int | None
  restored: tuple[str, ...]
  skipped: dict[str, str]
  initialised: tuple[str, ...]


def format_report(report: Report) -> str:
  """Returns a table of at most 15 lines: per scope, variables by fate."""
  counts, reasons = {}, {}
  for fate, names in enumerate(
    (report.restored, report.skipped, report.initialised)
  ):
    for name in names:
      scope = scope_of(name)
      counts.setdefault(scope, [0, 0, 0])[fate] += 1
      if name in report.skipped:
        reasons.setdefault(scope, set()).add(report.skipped[name])
  step = '' if report.step is None else f', step {report.step}'
  lines = [
    f'Checkpoint {report.path}{step}',
    _row('scope', ('restored', 'skipped', 'initialised')),
  ]
  scopes = sorted(counts)
  for scope in scopes[:_MOST_ROWS]:
    why = ', '.join(sorted(reasons.get(scope, ())))
    lines.append(_row(scope, counts[scope], why))
  if len(scopes) > _MOST_ROWS:
    rest = [counts[scope] for scope in scopes[_MOST_ROWS:]]
    lines.append(_row(f'{len(rest)} other scopes', map(sum, zip(*rest))))
  return '\n'.join(lines)


def scope_of(name: str) -> str:
  """Returns what a variable is told with: A/expanded_conv_3/x: A/expanded_conv.

  Slots and averages are grouped by kind: A/weights/RMSProp -> */RMSProp.
  """
  parts = name.split('/')
  if names_lib.is_slot(name):
    return f'*/{parts[-1]}'
  return re.sub(r'_\d+(?=/|$)', '', '/'.join(parts[:2]))


def _row(scope, counts, why=''):
  restored, skipped, initialised = counts
  if len(scope) > _SCOPE_WIDTH:
    scope = scope[: _SCOPE_WIDTH - 3] + '...'
  return (
    f'{scope:{_SCOPE_WIDTH}}{restored:>9}{skipped:>8}{initialised:>12} {why}'
  ).rstrip()
