"""The networks as lists of their convolutions, for counting. No TensorFlow."""

from typing import NamedTuple


class Convolution(NamedTuple):
  """One convolution, as far as counting needs it; `groups` is 1 or inputs."""
  scope: str
  kernel_size: int
  inputs: int
  outputs: int
  groups: int
  height: int  # of the output
  width: int
  batch_norm: bool

  @property
  def _weights(self):
    return self.kernel_size**2 * self.inputs // self.groups * self.outputs

  @property
  def parameters(self):
    """Trainable values: weights with gamma and beta, or with biases."""
    return self._weights + self.outputs * (2 if self.batch_norm else 1)

  @property
  def multiply_adds(self):
    return self._weights * self.height * self.width


def mobilenet_v2(net, height, width, num_classes):
  """Lists the Convolutions of a resolved MobilenetV2 on height x width."""
  height, width = -(-height // 2), -(-width // 2)
  layers = [
      Convolution('Conv', 3, 3, net.stem_channels, 1, height, width, True)]
  for scope, inputs, expanded, channels, stride, _ in net.blocks:
    if expanded != inputs:
      layers.append(Convolution(f'{scope}/expand', 1, inputs, expanded, 1,
                                height, width, True))
    height, width = -(-height // stride), -(-width // stride)
    layers += [
        Convolution(f'{scope}/depthwise', 3, expanded, expanded, expanded,
                    height, width, True),
        Convolution(f'{scope}/project', 1, expanded, channels, 1,
                    height, width, True)]
  layers.append(Convolution('Conv_1', 1, net.blocks[-1].channels,
                            net.last_channels, 1, height, width, True))
  if num_classes:
    layers.append(Convolution('Logits/Conv2d_1c_1x1', 1, net.last_channels,
                              num_classes, 1, 1, 1, False))
  return layers
