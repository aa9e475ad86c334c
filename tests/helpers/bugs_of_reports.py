"""Bugs of reports, for planted_bugs to plant."""

_CLASSIFICATION = ('tests/tasks/classification_evaluator_test.py',)
_DETECTION = ('tests/tasks/detection/details_test.py',)
_REPORT = ('tests/reports/evaluation_report_test.py',)
_CHARTS = ('tests/reports/charts_test.py',)
_CURVES = ('tests/reports/curves_test.py',)
_RUNS = ('tests/programs/compare_runs_test.py',)

# (name, path, old, new, tests): the arguments of planted_bugs.Bug
ROWS = (
  (
    'reports: a metric that is not a number comes first',
    'reports/runs.py',
    'is_nan, 0.0 if is_nan else -value',
    '0, -value',
    ('tests/reports/runs_test.py',),
  ),
  (
    'reports: what is right among the mistakes',
    'tasks/classification_evaluator.py',
    'np.where(verdicts.is_right, ',
    'np.where(~verdicts.is_right, ',
    _CLASSIFICATION,
  ),
  (
    'reports: a calibration error of bins, not of images',
    'tasks/classification_details.py',
    'weights=bins.counts',
    'weights=None',
    _CLASSIFICATION,
  ),
  (
    'reports: images by their longer side',
    'tasks/classification_details.py',
    'verdicts.sizes.min(axis=1)',
    'verdicts.sizes.max(axis=1)',
    _CLASSIFICATION,
  ),
  (
    'reports: height and width of an image swapped',
    'datasets/sized_labels.py',
    'example.image.shape[:2]',
    'example.image.shape[1::-1]',
    ('tests/datasets/sized_labels_test.py',),
  ),
  (
    'reports: precision and recall at another overlap',
    'tasks/detection/details.py',
    '_AT_HALF, _AT_THREE_QUARTERS = 0, 5',
    '_AT_HALF, _AT_THREE_QUARTERS = 5, 0',
    _DETECTION,
  ),
  (
    'reports: an evaluation that is not made anew',
    'tasks/detection/evaluator.py',
    '    self._evaluation = None\n    counted',
    '    counted',
    _DETECTION,
  ),
  (
    'reports: names are HTML',
    'reports/page.py',
    'autoescape=True',
    'autoescape=False',
    _REPORT,
  ),
  (
    'reports: the matrix without the names of its rows',
    'reports/evaluation_report.py',
    '(name, *row) for',
    '(*row,) for',
    _REPORT,
  ),
  (
    'reports: the highest of many bars',
    'reports/charts.py',
    'order[-_MOST_BARS:]',
    'order[:_MOST_BARS]',
    _CHARTS,
  ),
  (
    'reports: a $ begins a formula',
    'reports/charts.py',
    "'text.parse_math': False",
    "'text.parse_math': True",
    _CHARTS,
  ),
  (
    'reports: curves of validation over those of training',
    'reports/curves.py',
    'scalars[_VALIDATION + tag]',
    'scalars[tag]',
    _CURVES,
  ),
  (
    'training: no curves where Ctrl-C ends it',
    'training/run.py',
    '      after_steps(train_dir)\n',
    '      pass\n',
    ('tests/programs/resumed_training_test.py',),
  ),
  (
    'compare_runs: the oldest checkpoint counts',
    'reports/runs.py',
    'key=lambda result: result.step or 0)',
    'key=lambda result: -(result.step or 0))',
    _RUNS,
  ),
  (
    'compare_runs: results of another run below',
    'reports/runs.py',
    'if path not in own and run_info.FILE_NAME in file_names:',
    'if False:',
    _RUNS,
  ),
  (
    'compare_runs: what the best checkpoint came to is left out',
    'reports/runs.py',
    'own = (run, os.path.join(run, run_info.BEST_FOLDER))',
    'own = (run,)',
    _RUNS,
  ),
)
