"""A network's step, made and timed in this process. Imports TensorFlow."""

import os
import time
from typing import Any

import numpy as np
import tensorflow as tf

from base.errors import InputError
from benchmarking import pace
from benchmarking import runtimes
from benchmarking import weights
from benchmarking import workloads
from benchmarking.configurations import Configuration
from benchmarking.configurations import num_classes
from export import formats
from export import opened
from runtime import device
from runtime import inference
from runtime.model import Model
from tasks import classification
from training import loss_scale
from training import optimizers
from training import state as training_state
from training import step as training_step

# Slim's defaults, for every contestant.
_LEARNING_RATE = 0.01
_WEIGHT_DECAY = 4e-5


class Contestant:
  """One Configuration, ready to be timed.

  Weights, batch norm's averages, images and targets are random; the images are
  on the device before the clock starts, several batches that take turns. Keras
  trains with the same optimizer as the others and without weight decay, which
  its MobileNetV2 does not come with. Inference is the network alone, without
  what makes boxes or a mask of its outputs, which exports have inside; training
  has all of the loss.
  """

  def __init__(self, configuration: Configuration):
    for gpu in tf.config.list_physical_devices('GPU'):
      tf.config.experimental.set_memory_growth(gpu, True)
    if configuration.mode != 'training':
      device.set_threads(
        configuration.implementation,
        configuration.batch_size,
        configuration.xla,
      )
    tf.random.set_seed(0)
    self._step, self._configuration = None, configuration
    self._batches = _batches(configuration)
    if configuration.export:
      self._make_step = self._open_export
    elif configuration.implementation == 'keras':
      self._make_step = _make_keras(configuration)
    else:
      self._make_step = _make(configuration)
    self._next = 0

  def _open_export(self):
    """Gives the batches as a runtime takes them; returns its step."""
    folder, is_peer = self._configuration.export, self._configuration.weights
    loaded = (
      formats.load(folder, 'saved_model', [])
      if is_peer
      else opened.open_export(folder).run
    )
    self._batches = [
      (loaded.prepare(images), targets) for images, targets in self._batches
    ]
    return lambda images, targets: loaded.run(images)

  def warm_up(self, seconds: float) -> tuple[float, float]:
    """Returns the seconds of the first step, made and compiled, and of another.

    seconds: how long to go on at least, see pace.warm_up.

    Raises:
      InputError: it computes something else than the weights' network.
    """
    start = time.perf_counter()
    self._step = self._make_step()
    self.run(1)
    first_call = time.perf_counter() - start
    if self._configuration.weights and self._configuration.mode != 'training':
      self._check()
    return first_call, pace.warm_up(self.time, seconds)

  def _check(self):
    configuration = self._configuration
    images = weights.images(configuration.batch_size, configuration.image_size)
    found = self._step(tf.constant(images), None)
    if configuration.export:
      (probabilities,) = found.values()
      found = weights.logits_of(probabilities)
    weights.check(
      np.asarray(found),
      os.path.join(configuration.weights, weights.EXPECTED),
      configuration.compute_dtype,
    )

  def time(self, steps: int) -> float:
    """Returns the mean seconds of so many steps; others run before and after.

    Raises:
      InputError: training overflowed, and left its updates out.
    """
    self.run(pace.lead_in(steps))
    start = time.perf_counter()
    result = self.run(steps)
    seconds = (time.perf_counter() - start) / steps
    if isinstance(result, training_step.StepResult) and not result.finite:
      raise InputError(
        'The gradients of these random images overflow: take '
        'larger --batch_sizes or --image_size.'
      )
    if self._configuration.drive == runtimes.PROCESSES:
      # So that the others, who may not be done, are timed beside this one.
      self.run(pace.lead_in(steps))
    return seconds

  def run(self, steps: int) -> Any:
    """Returns the result of the last of some steps, all of which are done."""
    for _ in range(steps):
      result = self._step(*self._batches[self._next])
      self._next = (self._next + 1) % len(self._batches)
    tf.test.experimental.sync_devices()
    return result

  def peak_memory(self) -> int:
    """Returns the most bytes in use so far: on a GPU its own, otherwise all."""
    if device.has_gpu():
      return tf.config.experimental.get_memory_info('GPU:0')['peak']
    return pace.peak_resident()


def _batches(configuration):
  """Returns batches of random images and targets, on the device."""
  shape = (configuration.batch_size, *[configuration.image_size] * 2, 3)
  batches = [
    (
      tf.random.uniform(shape, -1.0, 1.0),
      workloads.random_targets(configuration),
    )
    for _ in range(
      pace.num_batches(configuration.batch_size, configuration.image_size)
    )
  ]
  tf.test.experimental.sync_devices()
  return batches


def randomize(variables_by_name: dict[str, tf.Variable]) -> None:
  """Gives batch norm values that no optimization can leave out."""
  rng = np.random.default_rng(0)
  for name, variable in variables_by_name.items():
    leaf = name.split('/')[-1]
    if leaf in ('gamma', 'moving_variance'):
      variable.assign(rng.uniform(0.5, 1.5, variable.shape))
    elif leaf in ('beta', 'moving_mean'):
      variable.assign(rng.normal(0.0, 0.3, variable.shape))


def _make(configuration):
  """Builds slim or fast; returns make_step() -> step(images, targets)."""
  model = _make_model(configuration)
  if configuration.mode == 'training':
    return _prepare_training(configuration, model)

  def make_step():
    outputs_fn = inference.make_inference_fn(
      model,
      configuration.image_size,
      configuration.xla,
      batch_size=1 if configuration.batch_size == 1 else None,
    )
    return lambda images, targets: outputs_fn(images)

  return make_step


def _make_model(configuration):
  is_training = configuration.mode == 'training'
  options = device.network_options(
    configuration.implementation,
    configuration.data_format,
    configuration.compute_dtype,
    'true' if configuration.xla else 'false',
  )
  model = Model(
    configuration.network,
    num_classes(configuration.network),
    configuration.implementation,
    **options,
  )
  model.build(configuration.image_size, is_training)
  if configuration.weights and not is_training:
    model.restore(os.path.join(configuration.weights, weights.CHECKPOINT))
  else:
    randomize(model.variables_by_name)
  return model


def _prepare_training(configuration, model):
  learning_rate = tf.Variable(0.0, trainable=False)
  state = training_state.TrainState(
    model,
    model.trainable_variables_by_name,
    optimizers.make_optimizer('rmsprop', learning_rate),
    learning_rate,
    training_state.make_global_step(),
    loss_scale=_make_loss_scale(configuration),
  )
  training_state.state_by_name(state)  # Makes the slots.
  return lambda: training_step.make_train_step(
    state,
    workloads.make_task(configuration),
    lambda step: tf.constant(_LEARNING_RATE),
    _WEIGHT_DECAY,
    xla=configuration.xla,
  )


def _make_loss_scale(configuration):
  """Returns what float16 trains with, or None."""
  if configuration.compute_dtype != 'float16':
    return None
  # The smallest: a step that overflows has less to do.
  return loss_scale.make_loss_scale(loss_scale.SMALLEST_SCALE)


def _make_keras(configuration):
  """Builds Keras' MobileNetV2; returns make_step() -> step(images, labels)."""
  model = tf.keras.applications.MobileNetV2(
    input_shape=(*[configuration.image_size] * 2, 3),
    weights=None,
    classes=num_classes(configuration.network),
    classifier_activation=None,
  )
  randomize({variable.path: variable for variable in model.variables})

  def infer(images, labels):
    del labels
    return model(images, training=False)

  if configuration.mode != 'training':
    return lambda: tf.function(infer)
  optimizer = tf.keras.optimizers.RMSprop(
    _LEARNING_RATE, rho=0.9, momentum=0.9, epsilon=1.0
  )
  optimizer.build(model.trainable_variables)

  def train(images, labels):
    with tf.GradientTape() as tape:
      loss = classification.softmax_cross_entropy(
        model(images, training=True), labels
      )
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    return loss

  return lambda: tf.function(train)
