"""Counts what networks cost, from their tables, next to what was published.

python -m specs.cost
python -m specs.cost mobilenet_v1 mobilenet_v2 --size=128 --num_classes=10
python -m specs.cost mobilenet_v2_035 --size=96 --layers
"""

import argparse
from collections.abc import Sequence
import signal
import sys
from typing import NamedTuple

from base.suggestions import did_you_mean
from specs import networks
from specs.convolution import Convolution


class Cost(NamedTuple):
  """What a network costs."""

  trainable: int  # parameters
  total: int  # with batch norm's averages
  multiply_adds: int
  peak_activations: int  # bytes for one image in float32


def count(layers: Sequence[Convolution]) -> Cost:
  """Returns the Cost of a list of Convolutions."""
  trainable = sum(layer.parameters for layer in layers)
  return Cost(
    trainable,
    trainable + sum(layer.averages for layer in layers),
    sum(layer.multiply_adds for layer in layers),
    4 * max(layer.activations for layer in layers),
  )


def _number(value, form):
  return '-' if value is None else format(value, form)


def _print_networks(names, size, num_classes):
  longest = max(map(len, names))
  title = f'{size} x {size} pixels, {num_classes} classes'
  # Of others SOURCES tells the size.
  at = ', at 224' if networks.NETWORKS.keys() >= set(names) else ''
  print(f'{title:{longest + 30}}| published{at}')
  print(
    f'{"network":{longest}}{"trained":>8}{"total":>8}{"M-adds":>8}{"peak":>6}'
    f'|{"par.":>5}{"MAdd":>5}{"top1":>5}{"top5":>5}'
  )
  for name in names:
    network = networks.ALL[name]
    cost = count(networks.convolutions(name, size, size, num_classes))
    parameters, multiply_adds, top1, top5 = network.published
    print(
      f'{name:{longest}}{cost.trainable:8}{cost.total:8}'
      f'{cost.multiply_adds / 1e6:8.2f}{cost.peak_activations / 1e6:6.2f}'
      f'|{_number(parameters, ".2f"):>5}{_number(multiply_adds, "d"):>5}'
      f'{_number(top1, ".1f"):>5}{_number(top5, ".1f"):>5}'
      f' {network.family.source}'
    )
  print(
    'Parameters, those trained and with batch norm\'s averages; millions '
    'of multiply-\nadds; peak memory of activations, MB, float32, one '
    'image. Published:'
  )
  for source, text in networks.SOURCES.items():
    print(f'  {source}: {text}')


def _print_layers(name, size, num_classes):
  layers = networks.convolutions(name, size, size, num_classes)
  print(f'{name:44}{"output":>14}{"parameters":>11}{"M-adds":>10}')
  for layer in layers:
    shape = f'{layer.height}x{layer.width}x{layer.outputs}'
    print(
      f'{layer.scope:44}{shape:>14}{layer.parameters:11}'
      f'{layer.multiply_adds / 1e6:10.3f}'
    )
  cost = count(layers)
  print(f'{"sum":58}{cost.trainable:11}{cost.multiply_adds / 1e6:10.3f}')


def main() -> None:
  """Prints what the command line asks for."""
  parser = argparse.ArgumentParser(
    description=__doc__,
    prog='python -m specs.cost',
    formatter_class=argparse.RawDescriptionHelpFormatter,
  )
  parser.add_argument(
    'network',
    nargs='*',
    help=f'networks to count: {", ".join(networks.ALL)}; default: those that '
    'classify',
  )
  parser.add_argument(
    '--size',
    type=int,
    default=224,
    help='height and width of the images, in pixels; default: %(default)s',
  )
  parser.add_argument(
    '--num_classes',
    type=int,
    default=1000,
    help='number of classes; default: %(default)s',
  )
  parser.add_argument(
    '--layers',
    action='store_true',
    help='prints every layer of the networks that are named, its output as '
    'height x width x channels',
  )
  arguments = parser.parse_args()
  for name in arguments.network:
    if name not in networks.ALL:
      sys.exit(
        f'specs.cost: unknown network {name!r}'
        f'{did_you_mean(name, networks.ALL)}; there are '
        f'{", ".join(networks.ALL)}'
      )
  if arguments.size < 32 or arguments.num_classes < 1:
    sys.exit('specs.cost: --size is at least 32, --num_classes at least 1')
  if arguments.layers and not arguments.network:
    sys.exit(
      'specs.cost: name the networks whose layers to print: '
      'python -m specs.cost mobilenet_v2 --layers'
    )
  names = arguments.network or networks.NETWORKS
  if arguments.layers:
    for name in names:
      _print_layers(name, arguments.size, arguments.num_classes)
  else:
    _print_networks(names, arguments.size, arguments.num_classes)


if __name__ == '__main__':
  signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # for | head
  main()
