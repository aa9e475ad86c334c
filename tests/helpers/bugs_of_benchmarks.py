"""Bugs in the benchmark for planted_bugs.py to plant."""

_PEERS = ('tests/benchmarking/peers_test.py',)
_PLAN = ('tests/benchmarking/plan_test.py',)
_TIMING = ('tests/benchmarking/timing_test.py',)

# (name, path, old, new, tests): the arguments of planted_bugs.Bug
ROWS = (
  (
    'benchmarks: the luckiest process tells how many threads are faster',
    'benchmarking/calibration.py',
    'configuration.batch_size / statistics.fmean(times)',
    'configuration.batch_size / min(times)',
    ('tests/benchmarking/calibration_test.py', '-k', 'seconds_of_all'),
  ),
  (
    'benchmarks: a peer computes what it will',
    'benchmarking/peers.py',
    'weights.logits_of(opened.compute(opened.prepare(pixels)))',
    'np.load(os.path.join(configuration.weights, opened.expected))',
    (*_PEERS, '-k', 'another_network'),
  ),
  (
    'benchmarks: the first requests count',
    'benchmarking/peers.py',
    'ends[before - 1]) / requests',
    'ends[0]) / requests',
    (*_PEERS, '-k', 'test_runs'),
  ),
  (
    'benchmarks: bfloat16 is as near as float32',
    'benchmarking/weights.py',
    'if not difference <= _BOUNDS[compute_dtype]',
    "if not difference <= _BOUNDS['float32']",
    ('tests/benchmarking/weights_test.py',),
  ),
  (
    'benchmarks: NaN is near enough',
    'benchmarking/weights.py',
    'if not difference <= _BOUNDS[compute_dtype]',
    'if difference > _BOUNDS[compute_dtype]',
    ('tests/benchmarking/weights_test.py',),
  ),
  (
    'benchmarks: two processes are as fast as their mean',
    'benchmarking/timing.py',
    "return 1 / sum(1 / seconds for seconds in self._ask('time', steps))",
    "return statistics.mean(self._ask('time', steps))",
    _TIMING,
  ),
  (
    'benchmarks: each process has all cores',
    'benchmarking/timing.py',
    'cores[k::number] if number > 1 else None',
    'None',
    _TIMING,
  ),
  (
    "benchmarks: XLA's lack of memory is an error of its own",
    'benchmarking/workers.py',
    'RESOURCE_EXHAUSTED|',
    '',
    _TIMING,
  ),
  (
    'benchmarks: warm-ups end when their time is over',
    'benchmarking/pace.py',
    'elapsed >= seconds and steady',
    'elapsed >= seconds',
    ('tests/benchmarking/pace_test.py',),
  ),
  (
    'benchmarks: a plan forgets that Keras waits',
    'benchmarking/plan.py',
    'own.memory + waiting',
    'own.memory',
    _PLAN,
  ),
  (
    'benchmarks: trains on a GPU with 128 images',
    'benchmarking/selection.py',
    "('inference', 128), ('training', 32)",
    "('inference', 128), ('training', 128)",
    _PLAN,
  ),
  (
    'benchmarks: auto trains in float16 before Volta',
    'runtime/device.py',
    "'GPU before Volta': Suited('NCHW', 'float16', 'float32')",
    "'GPU before Volta': Suited('NCHW', 'float16', 'float16')",
    ('tests/runtime/device_test.py',),
  ),
)
