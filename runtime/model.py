"""A network and its variables, for TensorFlow 2."""

from collections.abc import Callable
from collections.abc import Sequence
from typing import Any
from typing import NamedTuple

import tensorflow as tf

from base.errors import InputError
from checkpoints import reader
from checkpoints import report
from checkpoints import restore
from nets import nets_factory
from runtime import device
from runtime import replicas
from runtime.network_flags import NetworkOptions
from specs import networks

_SMALLEST_IMAGE = 32  # what one position of the last feature map stands for


class Variables(dict):
  """name -> variable; a custom_getter for get_variable.

  It makes the variables itself: get_variable's own getter would also keep
  them in a store that all models of the process share.
  """

  def __call__(
    self,
    getter: Callable,
    name: str,
    shape: Sequence[int],
    dtype: tf.DType,
    initializer: Callable,
    trainable: bool = True,
    synchronization: Any = tf.VariableSynchronization.AUTO,
    aggregation: Any = tf.VariableAggregation.NONE,
    **unused: Any,
  ) -> tf.Variable:
    """Returns the variable of a name, which it makes if it is new."""
    if synchronization == tf.VariableSynchronization.ON_READ:
      # The step sees to it that all replicas have the same: readers need not.
      aggregation = tf.VariableAggregation.ONLY_FIRST_REPLICA
    if name not in self:
      with tf.init_scope():  # eagerly, so that tf.function need not lift it
        self[name] = tf.Variable(
          lambda: initializer(shape, dtype=dtype),
          name=name,
          shape=shape,
          trainable=trainable is not False,
          synchronization=synchronization,
          aggregation=aggregation,
        )
    return self[name]


class Model(tf.Module):
  """Calls a TF1-style network function over variables of its own.

  The same function then runs under tf.function, XLA and tf.distribute:

    model = Model('mobilenet_v2', num_classes=1001, implementation='fast')
    model.build()
    model.restore('mobilenet_v2_1.0_224.ckpt')
    logits, end_points = model(images, is_training=False)
  """

  def __init__(
    self,
    network_name: str,
    num_classes: int | None,
    implementation: str = 'slim',
    **options: Any,
  ):
    """Takes the arguments of nets_factory.get_network_fn; raises its errors."""
    super().__init__()
    self.network_name = network_name
    self.num_classes = num_classes
    self.implementation = implementation
    self._options = options
    self._variables = Variables()
    self.default_image_size = self.network_fn(False).default_image_size

  def network_fn(self, is_training: bool, **options: Any) -> Callable:
    """Returns nets_factory.get_network_fn of this model."""
    return nets_factory.get_network_fn(
      self.network_name,
      self.num_classes,
      is_training=is_training,
      implementation=self.implementation,
      **{**self._options, **options},
    )

  def __call__(
    self,
    images: tf.Tensor,
    is_training: bool = False,
    freeze_body: bool = False,
    seed: tf.Tensor | None = None,
    **options: Any,
  ) -> tuple[Any, dict[str, tf.Tensor]]:
    """Runs the network; call it inside a tf.function.

    Args:
      images: float32 [batch, height, width, 3] in [-1, 1], or uint8.
      is_training: also updates the batch norm averages.
      freeze_body: whether the body (roles.is_body) infers, with its batch
        norm at its averages, while the head trains. A classifier's head has no
        batch norm: all of it infers then, without dropout.
      seed: int32 [2], from which follows what dropout and drop path drop, the
        same in either implementation; None: TensorFlow's own random numbers.
      **options: of the network, in place of the model's own.

    Returns:
      (logits, end_points), see nets_factory.get_network_fn.
    """
    if images.dtype == tf.uint8:
      images = tf.cast(images, tf.float32) / 127.5 - 1.0
    if freeze_body and self.network_name in networks.NETWORKS:
      is_training = False
    elif freeze_body:
      options['freeze_backbone'] = True
    network_fn = self.network_fn(is_training, seed=seed, **options)
    with tf.compat.v1.variable_scope(
      '', custom_getter=self._variables, reuse=tf.compat.v1.AUTO_REUSE
    ):
      return network_fn(images)

  def check_image_size(self, image_size: int | None = None) -> int:
    """Returns image_size, by default the network's own.

    Raises:
      InputError: less than the network's total stride.
    """
    size = self.default_image_size if image_size is None else image_size
    if size < _SMALLEST_IMAGE:
      raise InputError(
        f'Images of {size} pixels are too small for '
        f'{self.network_name}: it needs {_SMALLEST_IMAGE}.'
      )
    return size

  def build(
    self, image_size: int | None = None, is_training: bool = True
  ) -> 'Model':
    """Makes all variables, at their initial values; returns self.

    is_training: with those that only training needs, of auxiliary heads.
    """
    size = image_size or self.default_image_size
    if not is_training:
      # tf.function would trace it twice, to make the initial values at the end;
      # here they are others, for values that are soon restored.
      with tf.__internal__.FuncGraph('build').as_default():
        self(tf.zeros([1, size, size, 3]))
      return self
    function = tf.function(self, autograph=False)
    function.get_concrete_function(
      tf.TensorSpec([1, size, size, 3]), is_training=is_training
    )
    return self

  @property
  def compute_dtype(self) -> tf.DType:
    """What layers compute in; float32 unless an option says otherwise."""
    return tf.as_dtype(self._options.get('compute_dtype') or tf.float32)

  @property
  def batch_norm_epsilon(self) -> float:
    """What batch norm adds to the variances."""
    given = self._options.get('batch_norm_epsilon')
    family = networks.ALL[self.network_name].family
    return family.batch_norm_epsilon if given is None else given

  @property
  def variables_by_name(self) -> dict[str, tf.Variable]:
    """Name, as in checkpoints -> variable, batch norm averages included."""
    return dict(self._variables)

  @property
  def trainable_variables_by_name(self) -> dict[str, tf.Variable]:
    """Those that training changes: not batch norm averages."""
    return {
      name: variable
      for name, variable in self._variables.items()
      if variable.trainable
    }

  def restore(self, path: str) -> report.Report:
    """Restores all variables of a built model.

    path is a checkpoint, or a folder with one. Raises the InputErrors of
    reader.open_checkpoint and restore.for_evaluation.
    """
    return restore.for_evaluation(self, reader.open_checkpoint(path))


class RunnableModel(NamedTuple):
  """A built model, and how it runs."""

  model: Model
  image_size: int
  compute_dtype: tf.DType
  computes_in: str  # in words: 'NHWC bfloat16'
  xla: bool  # whether XLA is to compile it


def make_model(
  options: NetworkOptions,
  num_classes: int,
  image_size: int | None = None,
  is_training: bool = False,
) -> RunnableModel:
  """Builds the model that flags ask for, its variables at initial values.

  image_size None takes the network's own.

  Raises:
    InputError: the options cannot be.
  """
  network_options = device.network_options(
    options.implementation,
    options.data_format,
    options.compute_dtype,
    options.xla,
    is_training,
  )
  # With one replica there is nothing to exchange.
  sync_batch_norm = options.sync_batch_norm and not replicas.is_one()
  model = Model(
    options.model_name,
    num_classes,
    options.implementation,
    dropout_keep_prob=options.dropout_keep_prob,
    fine_tune_batch_norm=options.fine_tune_batch_norm if is_training else None,
    sync_batch_norm=sync_batch_norm or None,
    **options.architecture(),
    **network_options,
  )
  image_size = model.check_image_size(image_size)
  model.build(image_size, is_training)
  return RunnableModel(
    model,
    image_size,
    network_options.get('compute_dtype', tf.float32),
    device.describe(network_options),
    device.use_xla(options.xla) and not sync_batch_norm,
  )
