"""The networks as lists of their convolutions, for counting. No TensorFlow."""

from typing import NamedTuple


class Convolution(NamedTuple):
  """One convolution, as far as counting needs it."""
  scope: str
  kernel_size: int
  inputs: int
  outputs: int
  groups: int  # inputs, where it is depthwise
  height: int  # of the output
  width: int
  batch_norm: bool
  plain: bool = False  # neither batch norm nor biases
  stride: int = 1
  waiting: int = 0  # values that others need later: shortcuts, a cell's states
  shortcut: int = 0  # values that are added to the output
  activation: bool = True  # where there is batch norm: ReLU or ReLU6, too

  @property
  def _weights(self):
    return self.kernel_size**2 * self.inputs // self.groups * self.outputs

  @property
  def parameters(self):
    """Trainable values: weights with gamma and beta, biases or nothing."""
    if self.plain:
      return self._weights
    return self._weights + self.outputs * (2 if self.batch_norm else 1)

  @property
  def averages(self):
    """Values that are not trained: batch norm's mean and variance."""
    return self.outputs * 2 if self.batch_norm else 0

  @property
  def multiply_adds(self):
    return self._weights * self.height * self.width

  @property
  def values_in(self):
    """Values of the input, for one image."""
    return self.height * self.width * self.inputs * self.stride**2

  @property
  def values_out(self):
    """Values of the output, for one image."""
    return self.height * self.width * self.outputs

  @property
  def activations(self):
    """Values in memory for one image: read, written and waiting."""
    return self.values_in + self.values_out + self.waiting


def mobilenet_v1(net, height, width, num_classes):
  """Lists the Convolutions of MobileNetV1's Layers on height x width."""
  layers, inputs = [], 3
  for scope, is_depthwise, kernel_size, channels, stride, _ in net:
    height, width = -(-height // stride), -(-width // stride)
    layers.append(Convolution(scope, kernel_size, inputs, channels,
                              inputs if is_depthwise else 1, height, width,
                              True, stride=stride))
    inputs = channels
  if num_classes:
    layers.append(Convolution('Logits/Conv2d_1c_1x1', 1, inputs, num_classes,
                              1, 1, 1, False))
  return layers


def mobilenet_v2(net, height, width, num_classes):
  """Lists the Convolutions of a resolved MobilenetV2 on height x width."""
  height, width = -(-height // 2), -(-width // 2)
  layers = [Convolution('Conv', 3, 3, net.stem_channels, 1, height, width, True,
                        stride=2)]
  for block in net.blocks:
    scope, inputs, expanded, channels, stride, *_ = block
    waiting = inputs * height * width if block.has_shortcut else 0
    if expanded != inputs:
      layers.append(Convolution(f'{scope}/expand', 1, inputs, expanded, 1,
                                height, width, True))
    height, width = -(-height // stride), -(-width // stride)
    layers += [
        Convolution(f'{scope}/depthwise', 3, expanded, expanded, expanded,
                    height, width, True, stride=stride, waiting=waiting),
        Convolution(f'{scope}/project', 1, expanded, channels, 1,
                    height, width, True, waiting=waiting, shortcut=waiting,
                    activation=False)]
  layers.append(Convolution('Conv_1', 1, net.blocks[-1].channels,
                            net.last_channels, 1, height, width, True))
  if num_classes:
    layers.append(Convolution('Logits/Conv2d_1c_1x1', 1, net.last_channels,
                              num_classes, 1, 1, 1, False))
  return layers


def shufflenet_v1(net, height, width, num_classes):
  """Lists the Convolutions of a resolved ShufflenetV1 on height x width."""
  height, width = -(-height // 2), -(-width // 2)
  layers = [Convolution('Conv1', 3, 3, net.stem_channels, 1, height, width,
                        True, stride=2)]
  height, width = -(-height // 2), -(-width // 2)  # the max pool
  for unit in net.units:
    layers.append(Convolution(
        f'{unit.scope}/gconv1', 1, unit.inputs, unit.bottleneck,
        unit.first_groups, height, width, True))
    waiting = unit.inputs * height * width  # the shortcut
    height, width = -(-height // unit.stride), -(-width // unit.stride)
    layers += [
        Convolution(f'{unit.scope}/depthwise', 3, unit.bottleneck,
                    unit.bottleneck, unit.bottleneck, height, width, True,
                    stride=unit.stride, waiting=waiting, activation=False),
        Convolution(f'{unit.scope}/gconv2', 1, unit.bottleneck, unit.branch,
                    net.groups, height, width, True, waiting=waiting,
                    shortcut=waiting if unit.stride == 1 else 0)]
  if num_classes:
    layers.append(Convolution('Logits/Conv2d_1c_1x1', 1,
                              net.units[-1].channels, num_classes, 1, 1, 1,
                              False))
  return layers


def _nasnet_separable(operation, scope, inputs, filters, height, width,
                      waiting):
  """Lists the two separable convolutions of one side of a sum."""
  size, layers = operation.kernel_size, []
  for number in (1, 2):
    name = f'{scope}/{operation.scope}/separable_{size}x{size}_{number}'
    layers += [
        Convolution(f'{name}/depthwise', size, inputs, inputs, inputs, height,
                    width, False, plain=True, waiting=waiting,
                    stride=operation.stride if number == 1 else 1),
        Convolution(f'{name}/pointwise', 1, inputs, filters, 1, height, width,
                    True, waiting=waiting)]
    inputs = filters
  return layers


def _nasnet_inputs(cell, height, width):
  """Lists the 1x1 convolutions that make states 0 and 1."""
  layers = [Convolution(f'{cell.scope}/1x1', 1, cell.inputs, cell.filters, 1,
                        height, width, True)]
  if not cell.previous_inputs:
    return layers
  half = cell.filters // 2
  paths = ({'prev_1x1': cell.filters} if cell.previous_stride == 1
           else {'path1_conv': half, 'path2_conv': cell.filters - half})
  return layers + [
      Convolution(f'{cell.scope}/{path}', 1, cell.previous_inputs, outputs, 1,
                  height, width, True) for path, outputs in paths.items()]


def nasnet_mobile(net, height, width, num_classes):
  """Lists the Convolutions of a resolved Nasnet, auxiliary head left out."""
  height, width = (height - 1) // 2, (width - 1) // 2  # VALID
  layers = [
      Convolution('conv0', 3, 3, net.stem_channels, 1, height, width, True,
                  stride=2)]
  for cell in net.cells:
    layers += _nasnet_inputs(cell, height, width)
    waiting = 2 * cell.filters * height * width  # states 0 and 1
    height, width = -(-height // cell.stride), -(-width // cell.stride)
    for operation in (side for sides in cell.sums for side in sides):
      if operation.kind == 'sep':
        # State 1 of the first cell is the stem, as wide as it comes.
        inputs = (cell.inputs if operation.state == 1
                  and not cell.previous_inputs else cell.filters)
        layers += _nasnet_separable(operation, cell.scope, inputs,
                                    cell.filters, height, width, waiting)
  if num_classes:
    layers.append(Convolution('final_layer/FC', 1, net.cells[-1].channels,
                              num_classes, 1, 1, 1, False))
  return layers
