"""Other runtimes, timed as their makers say that they are fastest.

In a process without TensorFlow. Each takes pixels, float32 [batch, height,
width, 3] from 0 to 255, in memory before the clock starts; the batch size is
told to it in advance, for some are faster then.
"""

from collections.abc import Callable
from collections.abc import Iterator
import concurrent.futures
import itertools
import os
import time
from typing import Any
from typing import NamedTuple

import numpy as np

from base import extras
from benchmarking import pace
from benchmarking import runtimes
from benchmarking import torch_peer
from benchmarking import weights
from benchmarking.configurations import Configuration
from export import quiet

_HALF = 127.5
_PRECISIONS = {'float32': 'f32', 'bfloat16': 'bf16'}  # as OpenVINO says


class _Opened(NamedTuple):
  """A runtime that has loaded the network."""

  compute: Callable[[Any], np.ndarray]  # a batch -> probabilities
  # Iterator of batches -> when each was done, seconds.
  serve: Callable[[Iterator], list[float]]
  prepare: Callable[[np.ndarray], Any] = np.asarray  # pixels -> a batch
  expected: str = weights.EXPECTED


class Peer:
  """A Configuration of another runtime: as contestant.Contestant."""

  def __init__(self, configuration: Configuration):
    self._configuration = configuration
    batch, size = configuration.batch_size, configuration.image_size
    rng = np.random.default_rng(1)
    self._batches = [
      rng.uniform(0, 255, (batch, size, size, 3)).astype('f')
      for _ in range(pace.num_batches(batch, size))
    ]
    self._opened = None

  def warm_up(self, seconds: float) -> tuple[float, float]:
    """As Contestant.warm_up; raises InputError where it computes otherwise."""
    configuration = self._configuration
    start = time.perf_counter()
    with quiet.silence():
      opened = _OPEN[configuration.implementation](configuration)
    opened.compute(opened.prepare(self._batches[0]))
    first_call = time.perf_counter() - start
    count, size = configuration.batch_size, configuration.image_size
    pixels = np.float32((weights.images(count, size) + 1) * _HALF)
    weights.check(
      weights.logits_of(opened.compute(opened.prepare(pixels))),
      os.path.join(configuration.weights, opened.expected),
      configuration.compute_dtype,
    )
    self._batches = [opened.prepare(batch) for batch in self._batches]
    self._opened = opened
    return first_call, pace.warm_up(self.time, seconds)

  def time(self, requests: int) -> float:
    """Returns the mean seconds between the ends of so many requests.

    Others run before and after them, so that as many are under way as ever.
    """
    before, under_way = pace.lead_in(requests), self._configuration.at_once
    if self._configuration.drive == runtimes.PROCESSES:
      under_way = before  # See Contestant.time.
    batches = itertools.islice(
      itertools.cycle(self._batches), before + requests + under_way
    )
    ends = sorted(self._opened.serve(batches))
    return (ends[before + requests - 1] - ends[before - 1]) / requests

  def peak_memory(self) -> int:
    """Returns the most bytes that the process held so far."""
    return pace.peak_resident()


def _open_sessions(open_session):
  """Returns open(configuration), of (path, threads, shape) -> compute."""

  def open_all(configuration):
    at_once = configuration.at_once
    threads = max(1, len(os.sched_getaffinity(0)) // at_once)
    sessions = [
      open_session(_path(configuration), threads, _shape(configuration))
      for _ in range(at_once)
    ]
    pool = concurrent.futures.ThreadPoolExecutor(at_once)
    return _Opened(sessions[0], lambda batches: _share(pool, sessions, batches))

  return open_all


def _one_at_a_time(compute):
  return _Opened(compute, lambda batches: _share(None, [compute], batches))


def _share(pool, sessions, batches):
  """Returns when each of the batches was done; sessions share the iterator.

  Its next() is of C, which no other thread interrupts.
  """

  def work(compute):
    ends = []
    for pixels in batches:
      compute(pixels)
      ends.append(time.perf_counter())
    return ends

  if len(sessions) == 1:
    return work(sessions[0])
  return [end for ends in pool.map(work, sessions) for end in ends]


def _path(configuration):
  return os.path.join(
    configuration.export, runtimes.RUNTIMES[configuration.implementation].file
  )


def _shape(configuration):
  size = configuration.image_size
  return [configuration.batch_size, size, size, 3]


def _onnxruntime(path, threads, shape):
  del shape
  onnxruntime = extras.load('onnxruntime')
  options = onnxruntime.SessionOptions()
  options.intra_op_num_threads = threads
  session = onnxruntime.InferenceSession(
    path, options, providers=['CPUExecutionProvider']
  )
  (given,) = session.get_inputs()
  return lambda pixels: session.run(None, {given.name: pixels})[0]


def _litert(path, threads, shape):
  litert = extras.load('ai_edge_litert.interpreter')
  interpreter = litert.Interpreter(path, num_threads=threads)
  (given,), (found,) = (
    interpreter.get_input_details(),
    interpreter.get_output_details(),
  )
  # XNNPACK takes the operations over only where all shapes are known.
  interpreter.resize_tensor_input(given['index'], shape)
  interpreter.allocate_tensors()

  def compute(pixels):
    interpreter.set_tensor(given['index'], pixels)
    interpreter.invoke()
    return interpreter.get_tensor(found['index'])

  return compute


def _openvino(configuration):
  """Returns the _Opened; its own queue where only throughput counts."""
  openvino = extras.load('openvino')
  is_queue = configuration.drive == runtimes.QUEUE
  core = openvino.Core()
  model = core.read_model(_path(configuration))
  model.reshape(_shape(configuration))
  compiled = core.compile_model(
    model,
    'CPU',
    {
      'PERFORMANCE_HINT': 'THROUGHPUT' if is_queue else 'LATENCY',
      'INFERENCE_PRECISION_HINT': _PRECISIONS[configuration.compute_dtype],
    },
  )
  request = compiled.create_infer_request()

  def compute(pixels):
    return request.infer(pixels, share_inputs=True, share_outputs=True)[0]

  if not is_queue:
    return _one_at_a_time(compute)
  queue = openvino.AsyncInferQueue(compiled)  # as many as it finds best

  def serve(batches):
    ends = []
    queue.set_callback(lambda *unused: ends.append(time.perf_counter()))
    for pixels in batches:
      queue.start_async(pixels, share_inputs=True)
    queue.wait_all()
    return ends

  return _Opened(compute, serve)


def _pytorch(configuration):
  prepare, compute = torch_peer.open_network(
    configuration.network,
    configuration.weights,
    configuration.compute_dtype,
    len(os.sched_getaffinity(0)),
  )
  return _one_at_a_time(compute)._replace(
    prepare=prepare, expected=weights.EXPECTED_OF_TORCH
  )


_OPEN = {
  'onnxruntime': _open_sessions(_onnxruntime),
  'litert': _open_sessions(_litert),
  'openvino': _openvino,
  'pytorch': _pytorch,
}
