"""Bugs of boxes, masks and conversions for planted_bugs.py to plant."""

"""Bugs of the input and its augmentation for planted_bugs.py to plant."""

_BOXES = ('tests/datasets/box_preprocessing_test.py',)
_BOX_SETS = ('tests/datasets/box_sets_test.py',)
_MASKS = ('tests/datasets/mask_preprocessing_test.py',)
_MASK_SETS = ('tests/datasets/mask_sets_test.py',)
_ARCHIVES = 'tests/datasets/archives/'
_SELECTION = ('tests/datasets/selection_test.py',)
_AUGMENTATION = ('tests/datasets/augmentation_test.py',)
_PIPELINE = 'datasets/input_pipeline.py'
_OF_BOXES = 'datasets/box_preprocessing.py'
_OF_MASKS = 'datasets/mask_preprocessing.py'

# (name, path, old, new, tests): the arguments of planted_bugs.Bug
ROWS = (
  (
    'boxes: the image flipped without its boxes',
    _OF_BOXES,
    'flip(targets) if changes[0] > 0 else targets',
    'targets',
    _BOXES,
  ),
  (
    'boxes: a flip without swapping left and right',
    _OF_BOXES,
    '[top, 1 - right, bottom, 1 - left]',
    '[top, 1 - left, bottom, 1 - right]',
    _BOXES,
  ),
  (
    'boxes: still parts of the whole image after the crop',
    _OF_BOXES,
    'inside = (inside - np.tile(start, 2)) / np.tile(sides, 2)',
    'inside = inside - 0 * np.tile(start, 2)',
    _BOXES,
  ),
  (
    'boxes: those that the window hardly shows are kept',
    _OF_BOXES,
    '(parts >= overlap)',
    '(parts >= 0 * overlap)',
    _BOXES,
  ),
  (
    'boxes: cropped in every image',
    _OF_BOXES,
    '_PART_LEFT_WHOLE = 0.15',
    '_PART_LEFT_WHOLE = 0.0',
    _BOXES,
  ),
  (
    'boxes: areas still of the whole image',
    _OF_BOXES,
    'boxes.areas * parts / np.prod(sides)',
    'boxes.areas * parts',
    _BOXES,
  ),
  (
    'boxes: the index of another image',
    'datasets/box_sets.py',
    'boxes, most, (height, width), index)',
    'boxes, most, (height, width), 0)',
    _BOX_SETS,
  ),
  (
    'boxes: the area of the box, not of the object',
    'datasets/coco.py',
    "_area(one.get('area')",
    "_area(one.get('no')",
    _BOX_SETS,
  ),
  (
    'masks: the image flipped without its mask',
    _OF_MASKS,
    'mask, flips > 0',
    'mask, flips > 1',
    _MASKS,
  ),
  (
    'masks: corners not on corners',
    _OF_MASKS,
    'images=image[tf.newaxis], size=size, align_corners=True',
    'images=image[tf.newaxis], size=size, align_corners=False',
    _MASKS,
  ),
  (
    'masks: padded with a class',
    _OF_MASKS,
    'IGNORED = 255',
    'IGNORED = 0',
    _MASKS,
  ),
  (
    'masks: images padded with black',
    _OF_MASKS,
    '_PADDING = 0.5',
    '_PADDING = 0.0',
    _MASKS,
  ),
  (
    'masks: the square always at the left',
    _OF_MASKS,
    'tf.stack([top, left])',
    'tf.stack([top, 0 * left])',
    _MASKS,
  ),
  (
    'masks: a palette read as colours',
    'datasets/images.py',
    'values = np.asarray(image).astype(np.uint8)',
    "values = np.asarray(image.convert('L')).astype(np.uint8)",
    _MASK_SETS,
  ),
  (
    'masks: the border counts as a class',
    'datasets/mask_sets.py',
    'mask[mask != IGNORED]',
    'mask[mask != 0]',
    _MASK_SETS,
  ),
  (
    'input: boxes drawn by index, not by position',
    _PIPELINE,
    'prepared_as.draw(example.target, position_seed)',
    'prepared_as.draw(example.target, [seed % 2**64, index])',
    _BOX_SETS,
  ),
  (
    'archives: colours of CIFAR next to each other',
    'datasets/archives/cifar.py',
    'reshape(-1, 3, _SIDE, _SIDE)',
    'reshape(-1, _SIDE, _SIDE, 3).transpose(0, 3, 1, 2)',
    (f'{_ARCHIVES}cifar_test.py',),
  ),
  (
    'archives: coarse labels of CIFAR-100',
    'datasets/archives/cifar.py',
    'records[:, num_labels - 1]',
    'records[:, 0]',
    (f'{_ARCHIVES}cifar_test.py',),
  ),
  (
    "archives: gzip's checksum is not read",
    'datasets/archives/tar_files.py',
    'while archive.fileobj.read(_CHUNK):',
    'while not archive:',
    (f'{_ARCHIVES}cifar_test.py',),
  ),
  (
    'archives: a name that leads out of the archive',
    'datasets/archives/tar_files.py',
    "is_inside = not name.startswith(('/', '../'))",
    'is_inside = True',
    (f'{_ARCHIVES}flowers_test.py',),
  ),
  (
    "archives: the kit's numbers taken for labels",
    'datasets/archives/imagenet.py',
    '[numbered[int(number)][0] for number in truth]',
    '[sorted(dict(numbered.values()))[int(number) - 1] for number in truth]',
    (f'{_ARCHIVES}imagenet_test.py',),
  ),
  (
    'archives: a download begun again after what is there',
    'datasets/archives/downloads.py',
    'if response.status == _RANGE_IGNORED:',
    'if response.status == 0:',
    (f'{_ARCHIVES}downloads_test.py',),
  ),
  (
    'archives: half a download taken for all',
    'datasets/archives/downloads.py',
    'if total not in (None, os.path.getsize(partial)):',
    'if total == 0:',
    (f'{_ARCHIVES}downloads_test.py',),
  ),
  (
    'selection: labels by the old order of classes',
    'datasets/selection.py',
    'new_labels[old_labels] = range(len(classes))',
    'new_labels[sorted(old_labels)] = range(len(classes))',
    _SELECTION,
  ),
  (
    'selection: the same part, but not of each class',
    'datasets/selection.py',
    'stratify=labels,',
    'stratify=None,',
    _SELECTION,
  ),
  (
    'splits: validation evaluated as test',
    'datasets/image_folder.py',
    'return candidates.get(split_name, (split_name,))',
    "return candidates.get(split_name, (split_name, 'validation', 'val'))",
    ('tests/datasets/image_folder_test.py',),
    'augmentation: erased alike at every position',
    'datasets/augmentation.py',
    'image, augmentation.random_erasing, [seed, position]',
    'image, augmentation.random_erasing, [seed, 0]',
    _AUGMENTATION,
  ),
  (
    'augmentation: RandAugment moves what has boxes',
    'datasets/rand_augment.py',
    '_GEOMETRY * with_geometry',
    '_GEOMETRY',
    _AUGMENTATION,
  ),
  (
    'augmentation: RandAugment shears around the corner',
    'datasets/rand_augment.py',
    'middle - matrix @ middle + shift',
    '0 * middle + shift',
    ('tests/datasets/rand_augment_test.py',),
  ),
  (
    'augmentation: random erasing of up to two thirds',
    'datasets/random_erasing.py',
    '_AREA = (0.02, 1 / 3)',
    '_AREA = (0.02, 2 / 3)',
    ('tests/datasets/random_erasing_test.py',),
  ),
  (
    'augmentation: mixing begins anew where a run resumes',
    'datasets/mixing.py',
    'batches.enumerate(first_step)',
    'batches.enumerate(0 * first_step)',
    ('tests/datasets/mixing_test.py',),
  ),
  (
    'class weights: classes without images count',
    'datasets/class_weights.py',
    'np.count_nonzero(counts)',
    'num_classes',
    ('tests/datasets/class_weights_test.py',),
  ),
  (
    'class weights: of smoothed labels',
    'tasks/classification.py',
    'tf.linalg.matvec(truth,',
    'tf.linalg.matvec(smooth,',
    ('tests/tasks/classification_test.py',),
  ),
  (
    'learning rate finder: a resumed run begins at higher rates',
    'training/learning_rate_finder.py',
    'tf.cast(step - first_step, tf.float32)',
    'tf.cast(step, tf.float32)',
    ('tests/training/learning_rate_finder_test.py',),
  ),
  (
    'pictures: the input again where a run resumes',
    'training/input_images.py',
    'if step == 0:',
    'if step >= 0:',
    ('tests/training/input_images_test.py',),
  ),
)
