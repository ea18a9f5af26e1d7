#!/usr/bin/env python3
"""Records Fixtures/golden/data.golden: what stock TensorFlow's datasets and iterators answer.

Needs the Python package tensorflow 2.21. Usage: Scripts/record-datasets.py [FILE]
"""

import os
import sys

os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
raw = tf.raw_ops
i64 = tf.int64

CASES = {}


def case(build):
    """Declares a case: `build` returns a dataset, whose elements are recorded up to the end."""
    CASES[build.__name__] = build
    return build


# --- Encoding, as Protos/golden/golden.proto says.


def varint(value):
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def field(number, value):
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, bytes):
        return varint(number << 3 | 2) + varint(len(value)) + value
    if isinstance(value, float):
        return varint(number << 3 | 1) + np.float64(value).tobytes()
    return varint(number << 3) + varint(value)


class Recorder:
    """Runs the steps of one case and keeps what they answer."""

    def __init__(self, name):
        self.name = name
        self.steps = []

    def start(self):
        self.session = v1.Session(config=v1.ConfigProto(
            inter_op_parallelism_threads=1, intra_op_parallelism_threads=1))

    def run(self, fetches=(), targets=(), feeds=None):
        """Returns whether the step succeeded."""
        step = b""
        feed_dict = {}
        for name, value in (feeds or {}).items():
            tensor = tf.make_tensor_proto(value).SerializeToString()
            step += field(2, field(1, name) + field(2, tensor))
            feed_dict[name] = value
        for fetch in fetches:
            step += field(3, fetch)
        for target in targets:
            step += field(4, target)
        graph = self.session.graph
        try:
            values = self.session.run(
                list(fetches) + [graph.get_operation_by_name(t) for t in targets], feed_dict)
            for fetch, value in zip(fetches, values):
                dtype = graph.get_tensor_by_name(fetch).dtype
                step += field(5, tf.make_tensor_proto(value, dtype=dtype).SerializeToString())
            self.steps.append(step)
            return True
        except tf.errors.OpError as error:
            step += field(6, error.error_code) + field(7, type(error).__name__)
            step += field(8, gist(error.message))
            self.steps.append(step)
            return False

    def record(self, graph):
        definition = graph.as_graph_def()
        ops = {node.op for node in definition.node}
        library = {function.signature.name for function in definition.library.function}
        for function in definition.library.function:
            ops |= {node.op for node in function.node_def}
        data = field(1, self.name) + field(2, "data")
        data += field(3, definition.SerializeToString())
        for step in self.steps:
            data += field(4, step)
        data += field(5, 1e-5) + field(6, 1e-6)
        for op in sorted(ops - library):
            data += field(7, op)
        return varint(len(data)) + data


def gist(message):
    """The line that says what is wrong."""
    noise = ("Graph execution error", "Detected at", "Node:", " ", "\t", "Original stack")
    lines = [line for line in message.split("\n") if line and not line.startswith(noise)]
    return (lines or [message])[0][:200]


def flat(structure):
    return tf.nest.flatten(structure, expand_composites=True)


# Kernels of functions keep their generators when an iterator starts again; stock's start again too.
ONE_ROUND = {"map_random", "map_random_repeat"}


def record_dataset(name, build):
    """Two rounds over a dataset, with what happens before and after."""
    recorder = Recorder("datasets::" + name)
    with tf.Graph().as_default() as graph:
        v1.set_random_seed(17)
        dataset = build()
        if isinstance(dataset, tf.Tensor):
            result = dataset
            recorder.start()
            recorder.run([result.name])
            return recorder.record(graph)
        options = tf.data.Options()
        options.autotune.enabled = False
        dataset = dataset.with_options(options)
        cardinality = dataset.cardinality()
        iterator = v1.data.make_initializable_iterator(dataset, shared_name="it")
        fetches = []
        for index, part in enumerate(flat(iterator.get_next())):
            fetches.append(tf.identity(part, name="part_%d" % index).name)
        recorder.start()
        recorder.run(fetches)
        recorder.run([cardinality.name])
        limit = 16
        for round in range(1 if name in ONE_ROUND else 2):
            if not recorder.run(targets=[iterator.initializer.name]):
                break
            for _ in range(limit):
                if not recorder.run(fetches) and recorder.steps[-1].count(b"End of sequence"):
                    break
            else:
                continue
            recorder.run(fetches)
        return recorder.record(graph)


# --- Sources.

RANGE = tf.data.Dataset.range


@case
def range_int64():
    return RANGE(2, 12, 3)


@case
def range_down():
    return RANGE(5, -4, -2)


@case
def range_empty():
    return RANGE(5, 5)


@case
def range_int32():
    return RANGE(0, 5, 2, output_type=tf.int32)


@case
def range_float():
    return RANGE(0, 3, output_type=tf.float32)


@case
def tensors():
    return tf.data.Dataset.from_tensors((tf.constant([1, 2]), tf.constant("a")))


@case
def tensor_slices():
    return tf.data.Dataset.from_tensor_slices(
        {"x": np.arange(6, dtype=np.float32).reshape(3, 2), "s": [b"a", b"bb", b""]})


@case
def sparse_tensor_slices():
    sparse = tf.SparseTensor([[0, 0], [0, 2], [2, 1]], [1.0, 2.0, 3.0], [4, 3])
    return v1.data.Dataset.from_sparse_tensor_slices(sparse)


@case
def random_numbers():
    return tf.data.Dataset.random(seed=7).take(5)


@case
def generator():
    # A Python function could not be recorded: graph functions take its place.
    types = [i64]
    shapes = [tf.TensorShape([])]

    @tf.function(input_signature=[])
    def init():
        return tf.constant(4, i64)

    @tf.function(input_signature=[tf.TensorSpec([], i64)])
    def next_value(state):
        return state * 2

    @tf.function(input_signature=[tf.TensorSpec([], i64)])
    def finalize(state):
        return state
    variant = raw.GeneratorDataset(
        init_func_other_args=[], next_func_other_args=[], finalize_func_other_args=[],
        init_func=init.get_concrete_function(), next_func=next_value.get_concrete_function(),
        finalize_func=finalize.get_concrete_function(), output_types=types, output_shapes=shapes)
    return wrap(variant, tf.TensorSpec([], i64)).take(3)


def wrap(variant, spec):
    return tf.data.experimental.from_variant(variant, spec)


# --- Plain transformations.


@case
def take_skip():
    return RANGE(10).skip(2).take(5)


@case
def take_all():
    return RANGE(3).take(-1)


@case
def skip_all():
    return RANGE(3).skip(-1)


@case
def repeat_twice():
    return RANGE(3).repeat(2)


@case
def repeat_for_ever():
    return RANGE(3).repeat()


@case
def repeat_empty():
    return RANGE(0).repeat()


@case
def repeat_none():
    return RANGE(3).repeat(0)


@case
def batch():
    return RANGE(7).batch(3)


@case
def batch_drop():
    return RANGE(7).batch(3, drop_remainder=True)


@case
def batch_strings():
    return tf.data.Dataset.from_tensor_slices(([b"a", b"b", b"c"], [[1.0], [2.0], [3.0]])).batch(2)


@case
def batch_mismatch():
    return RANGE(1, 4).map(lambda x: tf.fill([x], x)).batch(2)


@case
def batch_zero():
    return RANGE(3).batch(tf.constant(0, i64))


@case
def batch_parallel():
    return RANGE(7).batch(3, num_parallel_calls=2)


@case
def padded_batch():
    return RANGE(1, 6).map(lambda x: tf.fill([x], x)).padded_batch(2, padded_shapes=[None])


@case
def padded_batch_fixed():
    dataset = RANGE(1, 5).map(lambda x: (tf.fill([x, 2], x), tf.as_string(x)))
    return dataset.padded_batch(
        3, padded_shapes=([5, None], []), padding_values=(tf.constant(-1, i64), ""))


@case
def padded_batch_too_small():
    return RANGE(1, 5).map(lambda x: tf.fill([x], x)).padded_batch(2, padded_shapes=[2])


@case
def padded_batch_drop():
    return RANGE(1, 6).map(lambda x: tf.fill([x], x)).padded_batch(
        2, padded_shapes=[6], drop_remainder=True)


@case
def zip_shortest():
    return tf.data.Dataset.zip((RANGE(5), RANGE(10, 13), RANGE(100).repeat()))


@case
def concatenate():
    return RANGE(2).concatenate(RANGE(10, 13))


@case
def concatenate_shapes():
    a = tf.data.Dataset.from_tensors(tf.constant([1, 2]))
    return a.concatenate(tf.data.Dataset.from_tensors(tf.constant([1, 2, 3])))


def windows(size, shift, stride, drop):
    dataset = RANGE(10).window(size, shift=shift, stride=stride, drop_remainder=drop)
    return dataset.flat_map(lambda window: window.batch(16))


@case
def window():
    return windows(3, None, 1, False)


@case
def window_overlapping():
    return windows(3, 1, 2, True)


@case
def window_gaps():
    return windows(2, 4, 1, False)


@case
def window_pairs():
    dataset = tf.data.Dataset.zip((RANGE(5), RANGE(5, 10))).window(2)
    return dataset.flat_map(lambda a, b: tf.data.Dataset.zip((a, b)))


@case
def shard():
    return RANGE(10).shard(3, 1)


@case
def shard_out_of_range():
    return RANGE(10).shard(tf.constant(3, i64), tf.constant(5, i64))


@case
def unbatch():
    return tf.data.Dataset.from_tensor_slices(
        ([[1, 2], [3, 4]], [[b"a", b"b"], [b"c", b"d"]])).unbatch()


@case
def unbatch_ragged():
    return RANGE(1, 4).map(lambda x: tf.fill([x], x)).unbatch()


@case
def unbatch_mismatch():
    return RANGE(1, 3).map(lambda x: (tf.fill([x], x), tf.fill([1], x))).unbatch()


@case
def unique():
    return tf.data.Dataset.from_tensor_slices([1, 2, 1, 3, 2, 4]).unique()


@case
def unique_strings():
    return tf.data.Dataset.from_tensor_slices([b"a", b"b", b"a"]).unique()


@case
def cache():
    return RANGE(4).map(lambda x: x * x).cache().repeat(2)


@case
def prefetch():
    return RANGE(5).prefetch(2)


@case
def prefetch_automatic():
    return RANGE(5).prefetch(tf.data.AUTOTUNE)


@case
def prefetch_none():
    return RANGE(5).prefetch(0)


@case
def prefetch_negative():
    return RANGE(5).prefetch(tf.constant(-2, i64))


@case
def prefetch_error():
    return fallible().prefetch(1)


def fallible():
    """Every third element fails."""
    def check(x):
        with tf.control_dependencies([tf.debugging.assert_none_equal(x % 3, tf.constant(1, i64))]):
            return tf.identity(x)
    return RANGE(6).map(check)


@case
def map_error():
    return fallible()


@case
def ignore_errors():
    return fallible().ignore_errors()


@case
def assert_cardinality():
    return RANGE(3).apply(tf.data.experimental.assert_cardinality(3))


@case
def assert_cardinality_fewer():
    return RANGE(3).filter(lambda x: x > 0).apply(tf.data.experimental.assert_cardinality(4))


@case
def assert_cardinality_more():
    return RANGE(5).filter(lambda x: x > 0).apply(tf.data.experimental.assert_cardinality(2))


@case
def dense_to_sparse_batch():
    dataset = RANGE(1, 6).map(lambda x: tf.fill([x], x))
    return dataset.apply(tf.data.experimental.dense_to_sparse_batch(2, [6]))


@case
def choose():
    choice = tf.data.Dataset.from_tensor_slices(tf.constant([0, 1, 0, 2, 0, 1, 2], i64))
    return tf.data.Dataset.choose_from_datasets(
        [RANGE(2), RANGE(10, 15), RANGE(20, 25)], choice, stop_on_empty_dataset=False)


@case
def choose_until_empty():
    choice = tf.data.Dataset.from_tensor_slices(tf.constant([0, 1, 0, 2, 0, 1, 2], i64))
    return tf.data.Dataset.choose_from_datasets(
        [RANGE(2), RANGE(10, 15), RANGE(20, 25)], choice)


@case
def choose_nothing():
    choice = tf.data.Dataset.from_tensor_slices(tf.constant([0, 7], i64))
    return tf.data.Dataset.choose_from_datasets([RANGE(3), RANGE(3)], choice)


# --- Functions.


@case
def map_captured():
    factor = tf.constant(3, i64)
    return RANGE(4).map(lambda x: (x * factor, tf.cast(x, tf.float32) / 2))


@case
def map_strings():
    return RANGE(3).map(lambda x: tf.strings.join(["n", tf.as_string(x)]))


@case
def map_loop():
    def power(x):
        return tf.while_loop(lambda i, y: i < x, lambda i, y: (i + 1, y * 2),
                             (tf.constant(0, i64), tf.constant(1, i64)))[1]
    return RANGE(6).map(power)


@case
def map_parallel():
    return RANGE(9).map(lambda x: x * x + 1, num_parallel_calls=3)


@case
def map_parallel_error():
    def check(x):
        with tf.control_dependencies([tf.debugging.assert_none_equal(x, tf.constant(2, i64))]):
            return tf.identity(x)
    return RANGE(5).map(check, num_parallel_calls=2)


@case
def map_and_batch():
    return RANGE(7).apply(tf.data.experimental.map_and_batch(lambda x: x * 2, 3))


@case
def map_and_batch_drop():
    return RANGE(7).apply(
        tf.data.experimental.map_and_batch(lambda x: (x, -x), 3, drop_remainder=True))


@case
def filter():
    return RANGE(10).filter(lambda x: tf.equal(x % 3, 1))


@case
def filter_nothing_left():
    return RANGE(10).filter(lambda x: x > 100)


@case
def take_while():
    return RANGE(10).take_while(lambda x: x < 4)


@case
def flat_map():
    return RANGE(4).flat_map(lambda x: RANGE(x).map(lambda y: x * 10 + y))


def interleaved(cycle, block, **options):
    def rows(x):
        return tf.data.Dataset.from_tensors(x).repeat(x)
    return RANGE(1, 6).interleave(rows, cycle_length=cycle, block_length=block, **options)


@case
def interleave():
    return interleaved(2, 1)


@case
def interleave_blocks():
    return interleaved(3, 2)


@case
def interleave_wide():
    return interleaved(9, 1)


@case
def interleave_parallel():
    return interleaved(2, 2, num_parallel_calls=2, deterministic=True)


@case
def interleave_parallel_wide():
    return interleaved(4, 1, num_parallel_calls=3, deterministic=True)


def legacy_interleave(cycle, block):
    def rows(x):
        return tf.data.Dataset.from_tensors(x).repeat(x)
    return RANGE(1, 6).apply(tf.data.experimental.parallel_interleave(
        rows, cycle_length=cycle, block_length=block, sloppy=False))


@case
def interleave_legacy():
    return legacy_interleave(2, 1)


@case
def interleave_legacy_blocks():
    return legacy_interleave(3, 2)


@case
def scan():
    return RANGE(6).scan(tf.constant(0, i64), lambda state, x: (state + x, state * 10 + x))


@case
def group_by_window():
    return RANGE(11).group_by_window(
        key_func=lambda x: x % 3, reduce_func=lambda key, group: group.batch(4), window_size=2)


@case
def group_by_window_sizes():
    return RANGE(9).group_by_window(
        key_func=lambda x: x % 2, window_size_func=lambda key: key + 2,
        reduce_func=lambda key, group: group.map(lambda x: x * 10 + key))


@case
def group_by_reducer():
    reducer = tf.data.experimental.Reducer(
        init_func=lambda key: tf.constant(0, i64), reduce_func=lambda state, x: state + x,
        finalize_func=lambda state: state * 10)
    return RANGE(10).apply(tf.data.experimental.group_by_reducer(lambda x: -(x % 4), reducer))


@case
def reduce_sum():
    return RANGE(6).reduce(tf.constant(1, i64), lambda state, x: state + x)


@case
def reduce_empty():
    return RANGE(0).reduce(tf.constant(1, i64), lambda state, x: state + x)


@case
def single_element():
    return RANGE(5).batch(8).get_single_element()


@case
def single_element_none():
    return RANGE(0).get_single_element()


@case
def single_element_two():
    return RANGE(2).get_single_element()


@case
def bucket_by_length():
    dataset = RANGE(1, 9).map(lambda x: tf.fill([x % 4 + 1], x))
    return dataset.bucket_by_sequence_length(
        lambda x: tf.shape(x)[0], bucket_boundaries=[2, 4], bucket_batch_sizes=[2, 2, 2])


@case
def sample_from_datasets():
    return tf.data.Dataset.sample_from_datasets(
        [RANGE(5), RANGE(100, 105)], weights=[0.5, 0.5], seed=3)


@case
def enumerate_and_options():
    return RANGE(5, 8).enumerate().with_options(tf.data.Options())


# --- Random order.


@case
def shuffle_same():
    return RANGE(10).shuffle(4, seed=5, reshuffle_each_iteration=False)


@case
def shuffle_again():
    return RANGE(10).shuffle(4, seed=5)


@case
def shuffle_whole():
    return RANGE(10).shuffle(100, seed=5)


@case
def shuffle_one():
    return RANGE(5).shuffle(1, seed=5)


@case
def shuffle_repeat():
    return RANGE(5).shuffle(3, seed=5).repeat(3)


@case
def shuffle_repeat_same():
    return RANGE(5).shuffle(3, seed=5, reshuffle_each_iteration=False).repeat(3)


@case
def repeat_shuffle():
    return RANGE(5).repeat(3).shuffle(4, seed=9)


@case
def shuffle_map_repeat():
    return RANGE(5).shuffle(3, seed=5).map(lambda x: x + 1).repeat(3)


@case
def shuffle_and_repeat():
    return RANGE(5).apply(tf.data.experimental.shuffle_and_repeat(3, count=3, seed=5))


@case
def shuffle_and_repeat_for_ever():
    return RANGE(5).apply(tf.data.experimental.shuffle_and_repeat(12, count=-1, seed=5))


@case
def shuffle_and_repeat_blocks():
    return RANGE(4).apply(tf.data.experimental.shuffle_and_repeat(6, count=3, seed=8))


@case
def map_random():
    return RANGE(5).map(lambda x: tf.random.uniform([2], seed=4) + tf.cast(x, tf.float32))


@case
def map_random_repeat():
    return RANGE(2).map(lambda x: tf.random.uniform([], seed=4)).repeat(3)


# --- Ops that TensorFlow's second generation uses, by name.

ONE = {"output_types": [i64], "output_shapes": [tf.TensorShape([])]}
SCALAR = tf.TensorSpec([], i64)


def variant(dataset):
    return dataset._variant_tensor


@case
def shuffle_v3_dummy():
    return wrap(raw.ShuffleDatasetV3(
        input_dataset=variant(RANGE(8)), buffer_size=4, seed=5, seed2=6,
        seed_generator=raw.DummySeedGenerator(), **ONE), SCALAR)


@case
def shuffle_v3_anonymous():
    generator = raw.AnonymousSeedGenerator(seed=5, seed2=6, reshuffle=True).handle
    return wrap(raw.ShuffleDatasetV3(
        input_dataset=variant(RANGE(6)), buffer_size=4, seed=1, seed2=2,
        seed_generator=generator, **ONE), SCALAR).repeat(2)


@case
def shuffle_v2_anonymous():
    generator = raw.AnonymousSeedGenerator(seed=5, seed2=6, reshuffle=False).handle
    return wrap(raw.ShuffleDatasetV2(
        input_dataset=variant(RANGE(6)), buffer_size=4, seed_generator=generator, **ONE), SCALAR)


@case
def shuffle_and_repeat_v2():
    return wrap(raw.ShuffleAndRepeatDatasetV2(
        input_dataset=variant(RANGE(4)), buffer_size=3, seed=5, seed2=6, count=3,
        seed_generator=raw.DummySeedGenerator(), **ONE), SCALAR)


@case
def shuffle_everything():
    return wrap(raw.ShuffleDataset(
        input_dataset=variant(RANGE(8)), buffer_size=-2, seed=5, seed2=6, **ONE), SCALAR)


@case
def shuffle_no_buffer():
    return wrap(raw.ShuffleDataset(
        input_dataset=variant(RANGE(8)), buffer_size=0, seed=5, seed2=6, **ONE), SCALAR)


@case
def random_v2():
    return wrap(raw.RandomDatasetV2(
        seed=5, seed2=6, seed_generator=raw.DummySeedGenerator(), **ONE), SCALAR).take(4)


@case
def random_v2_again():
    return wrap(raw.RandomDatasetV2(
        seed=5, seed2=6, seed_generator=raw.DummySeedGenerator(),
        rerandomize_each_iteration=True, **ONE), SCALAR).take(2).repeat(2)


@case
def cache_v2():
    return wrap(raw.CacheDatasetV2(
        input_dataset=variant(RANGE(3)), filename="", cache=raw.DummyMemoryCache(), **ONE),
        SCALAR).repeat(2)


@case
def cache_v2_anonymous():
    cache = raw.AnonymousMemoryCache().handle
    return wrap(raw.CacheDatasetV2(
        input_dataset=variant(RANGE(3)), filename="", cache=cache, **ONE), SCALAR).repeat(2)


@case
def cache_read_in_part():
    return RANGE(6).cache().take(2)


@case
def rewrite():
    return wrap(raw.RewriteDataset(
        input_dataset=variant(RANGE(3)), rewrite_name="replicate_on_split", **ONE), SCALAR)


@case
def model_and_options():
    model = raw.ModelDataset(input_dataset=variant(RANGE(3)), **ONE)
    threads = raw.PrivateThreadPoolDataset(input_dataset=model, num_threads=2, **ONE)
    return wrap(raw.MaxIntraOpParallelismDataset(
        input_dataset=threads, max_intra_op_parallelism=1, **ONE), SCALAR)


@case
def wrapped():
    return wrap(raw.UnwrapDatasetVariant(
        input_handle=raw.WrapDatasetVariant(input_handle=variant(RANGE(3)))), SCALAR)


@case
def unwrap_unwrapped():
    return wrap(raw.UnwrapDatasetVariant(input_handle=variant(RANGE(3))), SCALAR)


@case
def no_dataset():
    optional = raw.OptionalNone()
    return wrap(raw.TakeDataset(input_dataset=optional, count=1, **ONE), SCALAR)


@case
def flat_map_no_dataset():
    return wrap(raw.FlatMapDataset(
        input_dataset=variant(RANGE(3)), other_arguments=[],
        f=tf.function(lambda x: x, input_signature=[SCALAR]).get_concrete_function(), **ONE), SCALAR)


@case
def map_wrong_results():
    return wrap(raw.MapDataset(
        input_dataset=variant(RANGE(3)), other_arguments=[],
        f=tf.function(lambda x: tf.cast(x, tf.float32), input_signature=[SCALAR])
        .get_concrete_function(), **ONE), SCALAR)


@case
def map_wrong_arguments():
    return wrap(raw.MapDataset(
        input_dataset=variant(RANGE(3)), other_arguments=[],
        f=tf.function(lambda x: tf.cast(x, i64),
                      input_signature=[tf.TensorSpec([], tf.float32)])
        .get_concrete_function(), **ONE), SCALAR)


@case
def filter_no_truth():
    return wrap(raw.FilterDataset(
        input_dataset=variant(RANGE(3)), other_arguments=[],
        predicate=tf.function(lambda x: x, input_signature=[SCALAR]).get_concrete_function(),
        **ONE), SCALAR)


@case
def window_no_size():
    return RANGE(3).window(tf.constant(0, i64))


@case
def range_no_step():
    return wrap(raw.RangeDataset(start=0, stop=3, step=0, **ONE), SCALAR)


@case
def slices_of_scalar():
    x = v1.placeholder_with_default(3, None)
    return wrap(raw.TensorSliceDataset(
        components=[x], output_shapes=[tf.TensorShape(None)]), tf.TensorSpec(None, tf.int32))


@case
def slices_of_different_lengths():
    x = v1.placeholder_with_default([1, 2], [None])
    y = v1.placeholder_with_default([1, 2, 3], [None])
    return tf.data.Dataset.from_tensor_slices((x, y))


@case
def concatenate_other_types():
    return wrap(raw.ConcatenateDataset(
        input_dataset=variant(RANGE(2)),
        another_dataset=variant(tf.data.Dataset.from_tensors(1.0)), **ONE), SCALAR)


@case
def zip_with_error():
    return tf.data.Dataset.zip((RANGE(6), fallible()))


@case
def batch_with_error():
    return fallible().batch(2)


@case
def window_with_error():
    return fallible().window(2).flat_map(lambda window: window)


@case
def shuffle_with_error():
    return fallible().shuffle(3, seed=4)


@case
def scan_with_error():
    return fallible().scan(tf.constant(0, i64), lambda state, x: (state + x, state + x))


@case
def interleave_with_error():
    return fallible().interleave(lambda x: RANGE(x), cycle_length=2)


@case
def take_while_in_flat_map():
    return RANGE(3).flat_map(lambda x: RANGE(10).take_while(lambda y: y < x + 1).shuffle(2, seed=3))


@case
def sleep():
    return wrap(raw.SleepDataset(
        input_dataset=variant(RANGE(3)), sleep_microseconds=10, **ONE), SCALAR)


@case
def sampling():
    return wrap(raw.SamplingDataset(
        input_dataset=variant(RANGE(20)), rate=0.4, seed=5, seed2=6, **ONE), SCALAR)


@case
def list_of_tensors():
    return wrap(raw.ListDataset(
        tensors=[tf.constant(3, i64), tf.constant(1, i64), tf.constant(2, i64)], **ONE), SCALAR)


@case
def loop_in_function():
    @tf.function
    def total():
        result = tf.constant(0, i64)
        for x in RANGE(5).map(lambda x: x * x):
            result += x
        return result
    return total()


@case
def loop_with_break():
    @tf.function
    def first_above(limit):
        result = tf.constant(-1, i64)
        for x in RANGE(100):
            if x * x > limit:
                result = x
                break
        return result
    return first_above(tf.constant(50, i64))


# --- Iterators.


def record_feedable():
    recorder = Recorder("iterators::feedable")
    with tf.Graph().as_default() as graph:
        a = v1.data.make_one_shot_iterator(RANGE(3))
        b = v1.data.make_initializable_iterator(RANGE(10, 12))
        handle = v1.placeholder(tf.string, [], name="handle")
        types = v1.data.get_output_types(RANGE(1))
        shapes = v1.data.get_output_shapes(RANGE(1))
        value = tf.identity(
            v1.data.Iterator.from_string_handle(handle, types, shapes).get_next(), name="value")
        chosen = tf.identity(v1.cond(
            v1.placeholder(tf.bool, [], name="first"), a.get_next, b.get_next), name="chosen")
        recorder.start()
        recorder.run(feeds={"handle:0": b"rubbish"}, fetches=[value.name])
        recorder.run(targets=[b.initializer.name])
        for first in [True, False, True, False, False]:
            recorder.run(feeds={"first:0": first}, fetches=[chosen.name])
        return recorder.record(graph)


def record_reinitializable():
    recorder = Recorder("iterators::reinitializable")
    with tf.Graph().as_default() as graph:
        a = RANGE(2)
        b = tf.data.Dataset.from_tensor_slices(tf.constant([7, 8, 9], i64))
        iterator = v1.data.Iterator.from_structure(
            v1.data.get_output_types(a), v1.data.get_output_shapes(a))
        first = iterator.make_initializer(a, name="init_a")
        second = iterator.make_initializer(b, name="init_b")
        value = tf.identity(iterator.get_next(), name="value")
        other = raw.MakeIterator(
            dataset=tf.data.Dataset.from_tensors(1.0)._variant_tensor,
            iterator=iterator._iterator_resource, name="wrong_type")
        shape = raw.MakeIterator(
            dataset=tf.data.Dataset.from_tensors(tf.constant([1], i64))._variant_tensor,
            iterator=iterator._iterator_resource, name="wrong_shape")
        recorder.start()
        recorder.run([value.name])
        recorder.run(targets=[first.name])
        recorder.run([value.name])
        recorder.run(targets=[second.name])
        recorder.run([value.name])
        recorder.run(targets=[other.name])
        recorder.run(targets=[shape.name])
        recorder.run([value.name])
        recorder.run(targets=[first.name])
        for _ in range(3):
            recorder.run([value.name])
        return recorder.record(graph)


def record_optionals():
    recorder = Recorder("iterators::optionals")
    with tf.Graph().as_default() as graph:
        iterator = v1.data.make_initializable_iterator(RANGE(2))
        optional = tf.data.experimental.get_next_as_optional(iterator)
        has = tf.identity(optional.has_value(), name="has")
        value = tf.identity(optional.get_value(), name="value")
        made = tf.experimental.Optional.from_value((tf.constant(1), tf.constant("a")))
        parts = [tf.identity(part, name="made_%d" % index)
                 for index, part in enumerate(made.get_value())]
        none = tf.experimental.Optional.empty(tf.TensorSpec([], tf.float32))
        nothing = tf.identity(none.get_value(), name="nothing")
        wrong = raw.OptionalGetValue(
            optional=made._variant_tensor, output_types=[tf.float32, tf.string],
            output_shapes=[[], []], name="wrong")
        recorder.start()
        recorder.run([has.name])
        recorder.run(targets=[iterator.initializer.name])
        recorder.run([has.name, value.name])
        recorder.run([value.name])
        recorder.run([has.name])
        recorder.run([value.name])
        recorder.run([part.name for part in parts])
        recorder.run([nothing.name])
        recorder.run([wrong[0].name])
        return recorder.record(graph)


def record_one_shot():
    recorder = Recorder("iterators::one_shot")
    with tf.Graph().as_default() as graph:
        dataset = RANGE(4).map(lambda x: x * 2).batch(2)
        value = tf.identity(
            v1.data.make_one_shot_iterator(dataset).get_next(), name="value")
        recorder.start()
        for _ in range(4):
            recorder.run([value.name])
        return recorder.record(graph)


def record_wrong_elements():
    recorder = Recorder("iterators::wrong_elements")
    with tf.Graph().as_default() as graph:
        iterator = v1.data.make_initializable_iterator(RANGE(4), shared_name="it")
        resource = iterator._iterator_resource
        wrong = raw.IteratorGetNext(
            iterator=resource, output_types=[tf.float32], output_shapes=[[]], name="wrong")
        shape = raw.IteratorGetNext(
            iterator=resource, output_types=[i64], output_shapes=[[2]], name="shape")
        two = raw.IteratorGetNext(
            iterator=resource, output_types=[i64, i64], output_shapes=[[], []], name="two")
        other = raw.IteratorV2(
            shared_name="it", container="", output_types=[tf.float32], output_shapes=[[]],
            name="other")
        value = tf.identity(iterator.get_next(), name="value")
        taken = raw.IteratorGetNext(
            iterator=other, output_types=[tf.float32], output_shapes=[[]], name="taken")
        recorder.start()
        recorder.run(targets=[iterator.initializer.name])
        recorder.run([wrong[0].name])
        recorder.run([shape[0].name])
        recorder.run([two[0].name])
        recorder.run([value.name])
        recorder.run([taken[0].name])
        return recorder.record(graph)


ITERATORS = [record_feedable, record_reinitializable, record_optionals, record_one_shot,
             record_wrong_elements]


def main():
    path = sys.argv[1] if len(sys.argv) > 1 else "Fixtures/golden/data.golden"
    data = b""
    for name, build in CASES.items():
        try:
            data += record_dataset(name, build)
        except Exception as error:  # A case that cannot be built here is left out, and told.
            print(name, type(error).__name__, str(error)[:300], file=sys.stderr)
    for record in ITERATORS:
        data += record()
    with open(path, "wb") as file:
        file.write(data)


main()
