"""What networks cost, counted from their tables, next to what was printed.

  python -m nets.cost
  python -m nets.cost mobilenet_v2_035 --size=96 --num_classes=10 --layers
"""

import argparse
import functools
import sys
from typing import Callable, NamedTuple

from nets import convolutions
from nets import nasnet_specs
from nets import shufflenet_specs
from nets import specs


class Published(NamedTuple):
  """What was printed for 224 x 224: millions, and percent right."""
  source: str
  parameters: float | None
  multiply_adds: float | None
  top1: float | None
  top5: float | None


SOURCES = {
    'a': 'the slim zoo; MobileNetV1: arXiv 1704.04861',
    'b': 'the slim zoo: without batch norm',
    'c': 'arXiv 1707.01083, 1.0x to 2.0x at 3 groups; top-1 of the paper',
    'd': 'arXiv 1707.07012 and the slim zoo',
}


class Network(NamedTuple):
  # (height, width, num_classes) -> [Convolution]
  convolutions: Callable
  published: Published


def _mobilenet_v1(depth_multiplier, *published):
  return Network(functools.partial(
      convolutions.mobilenet_v1, specs.mobilenet_v1(depth_multiplier)),
                 Published('a', *published))


def _mobilenet_v2(depth_multiplier, *published):
  return Network(functools.partial(
      convolutions.mobilenet_v2, specs.mobilenet_v2(depth_multiplier, True)),
                 Published('b', *published))


def _shufflenet_v1(depth_multiplier, *published):
  return Network(functools.partial(
      convolutions.shufflenet_v1,
      shufflenet_specs.shufflenet_v1(depth_multiplier)),
                 Published('c', *published))


NETWORKS = {
    'mobilenet_v1': _mobilenet_v1(1.0, 4.2, 569, 70.9, 89.9),
    'mobilenet_v1_075': _mobilenet_v1(0.75, 2.6, 317, 68.4, 88.2),
    'mobilenet_v1_050': _mobilenet_v1(0.5, 1.3, 150, 63.3, 84.9),
    'mobilenet_v1_025': _mobilenet_v1(0.25, 0.5, 41, 49.8, 74.2),
    'mobilenet_v2': _mobilenet_v2(1.0, 3.47, 300, 71.8, 91.0),
    'mobilenet_v2_140': _mobilenet_v2(1.4, 6.06, 582, 75.0, 92.5),
    'mobilenet_v2_130': _mobilenet_v2(1.3, 5.34, 509, 74.4, 92.1),
    'mobilenet_v2_075': _mobilenet_v2(0.75, 2.61, 209, 69.8, 89.6),
    'mobilenet_v2_050': _mobilenet_v2(0.5, 1.95, 97, 65.4, 86.4),
    'mobilenet_v2_035': _mobilenet_v2(0.35, 1.66, 59, 60.3, 82.9),
    'nasnet_mobile': Network(
        functools.partial(convolutions.nasnet_mobile,
                          nasnet_specs.nasnet_mobile()),
        Published('d', 5.3, 564, 74.0, 91.6)),
    'shufflenet_v1': _shufflenet_v1(1.0, None, None, 67.6, None),
    'shufflenet_v1_200': _shufflenet_v1(2.0, None, None, 73.7, None),
    'shufflenet_v1_150': _shufflenet_v1(1.5, None, None, 71.5, None),
    'shufflenet_v1_050': _shufflenet_v1(0.5, None, None, None, None),
}


class Cost(NamedTuple):
  trainable: int  # parameters
  total: int  # with batch norm's averages
  multiply_adds: int
  peak_activations: int  # bytes for one image in float32


def count(layers):
  """Returns the Cost of a list of Convolutions."""
  trainable = sum(layer.parameters for layer in layers)
  return Cost(trainable, trainable + sum(layer.averages for layer in layers),
              sum(layer.multiply_adds for layer in layers),
              4 * max(layer.activations for layer in layers))


def _number(value, form):
  return '-' if value is None else format(value, form)


def _print_networks(names, size, num_classes):
  print(f'{size} x {size} pixels, {num_classes} classes' + ' ' * 17
        + '   | published at 224')
  print(f'{"network":17}{"trainable":>10}{"total":>10}{"M-adds":>8}{"peak":>6}'
        f' | {"param":>5}{"M-adds":>7}{"top-1":>6}{"top-5":>6}')
  for name in names:
    network = NETWORKS[name]
    cost = count(network.convolutions(size, size, num_classes))
    source, parameters, multiply_adds, top1, top5 = network.published
    print(f'{name:17}{cost.trainable:10}{cost.total:10}'
          f'{cost.multiply_adds / 1e6:8.2f}{cost.peak_activations / 1e6:6.2f}'
          f' | {_number(parameters, ".2f"):>5}{_number(multiply_adds, "d"):>7}'
          f'{_number(top1, ".1f"):>6}{_number(top5, ".1f"):>6} {source}')
  print('Parameters, those trained and with batch norm\'s averages; millions '
        'of multiply-\nadds; peak memory of activations, MB, float32, one '
        'image. Published:')
  for source, text in SOURCES.items():
    print(f'  {source}: {text}')


def _print_layers(name, size, num_classes):
  layers = NETWORKS[name].convolutions(size, size, num_classes)
  print(f'{name:44}{"output":>14}{"parameters":>11}{"M-adds":>10}')
  for layer in layers:
    shape = f'{layer.height}x{layer.width}x{layer.outputs}'
    print(f'{layer.scope:44}{shape:>14}{layer.parameters:11}'
          f'{layer.multiply_adds / 1e6:10.3f}')
  cost = count(layers)
  print(f'{"sum":58}{cost.trainable:11}{cost.multiply_adds / 1e6:10.3f}')


def main():
  parser = argparse.ArgumentParser(
      description=__doc__.splitlines()[0], prog='python -m nets.cost')
  parser.add_argument('network', nargs='*', help=f'{", ".join(NETWORKS)}; '
                      'all by default')
  parser.add_argument('--size', type=int, default=224, help='of the images')
  parser.add_argument('--num_classes', type=int, default=1000)
  parser.add_argument('--layers', action='store_true',
                      help='every layer with its output, height x width x '
                      'channels')
  arguments = parser.parse_args()
  for name in arguments.network:
    if name not in NETWORKS:
      sys.exit(f'nets.cost: unknown network {name!r}; there are '
               f'{", ".join(NETWORKS)}')
  if arguments.size < 32 or arguments.num_classes < 1:
    sys.exit('nets.cost: --size is at least 32, --num_classes at least 1')
  names = arguments.network or NETWORKS
  if arguments.layers:
    for name in names:
      _print_layers(name, arguments.size, arguments.num_classes)
  else:
    _print_networks(names, arguments.size, arguments.num_classes)


if __name__ == '__main__':
  main()
