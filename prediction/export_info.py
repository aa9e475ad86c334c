"""What a card says of the checkpoint that an export is made of."""

import os
from typing import Any

from checkpoints import reader
from export import card
from prediction.predictor import Predictor
from runtime.network_flags import NetworkOptions
from specs import cost
from specs import networks

_OF_RUN = ('dataset_name', 'dataset_dir', 'labels_offset')


def of_checkpoint(
  predictor: Predictor, network: NetworkOptions, run_info: dict[str, Any]
) -> dict[str, Any]:
  """Returns that part of what card.write takes.

  Args:
    predictor: of the checkpoint.
    network: its network, filled in.
    run_info: of checkpoints.run_info.read_run_info.
  """
  checkpoint = reader.open_checkpoint(predictor.checkpoint_path)
  size = predictor.input.image_size
  fixed = networks.ALL[network.model_name].fixed
  counted = cost.count(
    networks.convolutions(
      network.model_name,
      size,
      size,
      predictor.num_classes,
      network.architecture(),
    )
  )
  return {
    'model_name': network.model_name,
    'implementation': network.implementation,
    **network.architecture(),
    'num_classes': predictor.num_classes,
    'image_size': size,
    'preprocessing_name': predictor.input.preprocessing_name,
    'use_grayscale': bool(predictor.input.use_grayscale),
    'shrink_images': bool(predictor.input.shrink_images),
    **{key: run_info.get(key) for key in _OF_RUN},
    'category_ids': predictor.category_ids,
    'width': network.depth_multiplier or fixed.get('depth_multiplier', 1.0),
    'parameters': counted.trainable,
    'multiply_adds': counted.multiply_adds,
    'checkpoint': os.path.basename(checkpoint.path),
    'step': checkpoint.step,
    'checkpoint_sha256': card.sha256(checkpoint.path),
  }
