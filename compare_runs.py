"""Compares runs of training: their results, and what differs in their flags.

  python compare_runs.py runs/first runs/second
  python compare_runs.py runs/
  python compare_runs.py --json runs/ > results.json

A run is a --train_dir: a folder with a model.json. Its results are those that
evaluation has written into it or below it, as --eval_dir=runs/first/eval does;
of each such folder that of the newest checkpoint. The best comes first, by the
first metric: Accuracy, mAP or mIOU.
"""

import json

from absl import flags

from base import errors
from base.errors import InputError
from reports import run_table
from reports import runs

flags.DEFINE_bool(
  'json', False, 'Prints all metrics and settings of each result as JSON.'
)


def main(argv: list[str]) -> None:
  """Compares the runs that are named."""
  if len(argv) < 2:
    raise InputError('name runs, folders that were a --train_dir')
  results = runs.read(argv[1:])
  if flags.FLAGS.json:
    print(json.dumps(run_table.to_json(results), indent=2))
  else:
    print(run_table.format_results(results))


if __name__ == '__main__':
  errors.run(main)
