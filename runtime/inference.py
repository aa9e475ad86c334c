"""A model that only infers: its weights folded, and constants."""

from collections.abc import Callable
import functools
from typing import Any

import tensorflow as tf

from base.errors import InputError
from runtime import device
from runtime.model import Model
from specs import cost
from specs import networks

# On each core, so that what is between two layers stays in cache: in float32 as
# many as have no more bytes than these there (docs/experiments.md). Not three,
# which cores would not share evenly.
_IMAGES_AT_ONCE = (4, 2, 1)
_FLOAT32_BYTES = 2**24


def make_inference_fn(
  model: Model,
  image_size: int | None = None,
  xla: bool = False,
  use_batch_statistics: bool = False,
  around: Callable[[Callable], Callable] | None = None,
  batch_size: int | None = None,
) -> Callable[[tf.Tensor], Any]:
  """Returns outputs_fn(images) -> outputs, a tf.function.

  The fast implementation's variables become constants as they are now, which
  TensorFlow folds once, at the first call: batch norm into the kernels, in
  float32, and their casts. After restoring other values make another function.
  On a CPU several images at a time go through a classifier, on every core some.
  The slim implementation runs as it is, with its variables. For single images,
  on a CPU and without XLA, what is returned runs the tf.function's only trace,
  without what Python does at each call of a tf.function.

  Args:
    model: a built runtime.model.Model.
    image_size: height and width of the images; by default the network's own.
    xla: whether XLA compiles the network, anew for each batch size.
    use_batch_statistics: normalise by each batch's mean and variance, not by
      their moving averages, which stay as they are; nothing is folded then.
    around: takes images -> outputs, and returns what is to run in its place: at
      several scales, say.
    batch_size: of every call, if that is known: 1 saves what divides a batch.

  Returns:
    Function of float32 [batch, image_size, image_size, 3] in [-1, 1], to
    float32 logits [batch, num_classes], or to what a segmenter or a detector
    returns in their place: see nets_factory.get_network_fn. Batches may differ
    in size, unless batch_size is given. No gradients go through it.
  """
  size = image_size or model.default_image_size
  if use_batch_statistics:
    # A decay of 1 takes nothing from the batch into the averages.
    forward = functools.partial(
      _outputs,
      model,
      is_training=True,
      dropout_keep_prob=1.0,
      batch_norm_decay=1.0,
    )
  elif model.implementation == 'slim':
    forward = functools.partial(_outputs, model)
    if device.is_slow_with_one_image() and not xla:
      forward = functools.partial(_never_alone, forward)
  elif (
    device.takes_parts(model.implementation, xla)
    and model.network_name in networks.NETWORKS  # others have no one row each
  ):
    forward = functools.partial(_in_parts, frozen(model), model)
  else:
    forward = frozen(model)
  function = tf.function(
    around(forward) if around else forward,
    input_signature=[tf.TensorSpec([batch_size, size, size, 3])],
    autograph=False,
    jit_compile=xla,
  )
  if batch_size != 1 or xla or device.has_gpu():
    return function
  return functools.partial(
    _call_trace, function, function.get_concrete_function()
  )


def _call_trace(function, traced, images):
  """Returns function(images), by its one trace, with less of Python.

  In a graph tf.function runs, and for what is no tensor yet, or not as traced:
  it converts it, or says what is wrong.
  """
  expected = traced.inputs[0]
  if not (
    tf.executing_eagerly()
    and tf.is_tensor(images)
    and (images.shape, images.dtype) == (expected.shape, expected.dtype)
  ):
    return function(images)
  outputs = tf.raw_ops.StatefulPartitionedCall(
    args=[images, *traced.captured_inputs],
    Tout=[output.dtype for output in traced.function_type.flat_outputs],
    f=traced,
  )
  return traced.function_type.pack_output(outputs)


def check_finite(outputs: Any, name: str) -> None:
  """Raises InputError if outputs of the checkpoint `name` are not finite."""
  for tensor in tf.nest.flatten(outputs):
    if tf.as_dtype(tensor.dtype).is_integer:
      continue
    if not bool(tf.reduce_all(tf.math.is_finite(tensor))):
      raise InputError(
        f'{name}: logits are not finite; where '
        '--compute_dtype=float16 overflows, take bfloat16'
      )


def _outputs(model, images, **options):
  return model(images, **options)[0]


def frozen(model: Model) -> Callable[[tf.Tensor], Any]:
  """Returns images -> outputs, with the variables' values as constants.

  They are those of now, of either implementation. Call it in a graph.
  """
  values = {
    name: variable.numpy() for name, variable in model.variables_by_name.items()
  }

  def constant(getter, name, *arguments, **options):
    del getter, arguments, options
    return tf.constant(values[name])

  network_fn = model.network_fn(is_training=False)

  def forward(images):
    with tf.compat.v1.variable_scope('', custom_getter=constant):
      return network_fn(images)[0]

  return forward


def _never_alone(forward, images):
  """Runs forward on a single image twice; see is_slow_with_one_image."""
  batch_size = tf.shape(images)[0]
  again = images[: tf.cast(batch_size == 1, tf.int32)]
  outputs = forward(tf.concat([images, again], 0))
  return tf.nest.map_structure(lambda output: output[:batch_size], outputs)


def images_at_once(model: Model, height: int, width: int) -> int:
  """Returns the most images that a core takes at a time, on a CPU."""
  if model.compute_dtype != tf.float32:
    return _IMAGES_AT_ONCE[0]
  layers = networks.convolutions(
    model.network_name, height, width, model.num_classes
  )
  each = cost.count(layers).peak_activations
  return next(
    (n for n in _IMAGES_AT_ONCE if n * each <= _FLOAT32_BYTES),
    _IMAGES_AT_ONCE[-1],
  )


def _in_parts(forward, model, images):
  """Runs forward on a few images at a time, on all cores at once.

  Fewer images than cores are one part where cores share operations.
  """
  if images.shape[0] == 1:
    return forward(images)
  batch_size, cores = tf.shape(images)[0], device.num_cores()
  size = tf.minimum(
    -(-batch_size // cores), images_at_once(model, *images.shape[1:3])
  )
  if not device.has_one_thread_an_operation():
    size = tf.where(batch_size < cores, batch_size, size)
  num_parts = -(-batch_size // tf.maximum(size, 1))

  def run_part(part, logits):
    begin = part * size
    return part + 1, logits.write(part, forward(images[begin : begin + size]))

  _, logits = tf.while_loop(
    lambda part, logits: part < num_parts,
    run_part,
    (
      0,
      tf.TensorArray(
        tf.float32,
        num_parts,
        infer_shape=False,
        element_shape=[None, model.num_classes],
      ),
    ),
    parallel_iterations=cores,
  )
  return tf.ensure_shape(logits.concat(), [None, model.num_classes])
