"""Drives a server with stock TensorFlow's client, one case after the other.

    interop-client.py grpc://localhost:2222 [CASE ...]

Prints `ok CASE` or `FAILED CASE: why` for each, in one line, and `done` at the end.
"""

import os
import sys
import tempfile
import threading

# First: it sets what TensorFlow reads when it is imported.
from interop_cases import case, expect, main

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import config_pb2

v1 = tf.compat.v1
errors = tf.errors

TARGET = sys.argv[1]


def session(graph, **options):
    return v1.Session(TARGET, graph=graph, config=v1.ConfigProto(**options))


def products():
    graph = tf.Graph()
    with graph.as_default():
        a = v1.placeholder(tf.float32, name="a")
        b = v1.placeholder(tf.float32, name="b")
        c = tf.multiply(a, b, name="c")
        d = tf.add(c, 1.0, name="d")
    return graph, a, b, c, d


@case
def run():
    graph, a, b, c, d = products()
    with session(graph) as s:
        assert s.run(c, {a: 2, b: 3}) == 6
        assert s.run("d:0", {"a:0": [1, 2], "b:0": 3}).tolist() == [4, 7]
        assert s.run([], {}) == []
        assert s.run(c.op, {a: 2, b: 3}) is None


@case
def nested_fetches():
    graph, a, b, c, d = products()
    with session(graph) as s:
        got = s.run({"x": [c, (d, c)], "y": {"z": a}}, {a: 2, b: 5})
        assert got == {"x": [10, (11, 10)], "y": {"z": 2}}, got


@case
def compressed_messages():
    graph, a, b, c, d = products()
    for algorithm in ("gzip", "deflate"):
        options = v1.ConfigProto()
        options.rpc_options.compression_algorithm = algorithm
        options.rpc_options.compression_level = 2
        # Connections are shared by the options of the first session.
        options.rpc_options.disable_session_connection_sharing = True
        with v1.Session(TARGET, graph=graph, config=options) as s:
            for _ in range(3):
                assert (s.run(c, {a: np.full(10000, 2.0), b: 3}) == 6).all()


@case
def feeds_of_all_dtypes():
    values = [
        np.array([1.5, -2], t) for t in (np.float16, np.float32, np.float64, np.complex64,
                                         np.complex128)
    ] + [
        np.array([1, 7], t) for t in (np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32,
                                      np.int64, np.uint64)
    ] + [
        np.array([1, -3], tf.bfloat16.as_numpy_dtype),
        np.array([True, False]),
        np.array([b"one", b"\xff\x00two"], object),
        np.zeros([0, 3], np.float32),
        np.float64(2.5),
    ]
    graph = tf.Graph()
    with graph.as_default():
        places = [v1.placeholder(tf.as_dtype(v.dtype if v.dtype != object else tf.string),
                                 v.shape) for v in values]
        outputs = [tf.identity(p) for p in places]
    with session(graph) as s:
        for value, got in zip(values, s.run(outputs, dict(zip(places, values)))):
            assert np.array_equal(value, got) and value.shape == got.shape, (value, got)


@case
def partial_run():
    graph, a, b, c, d = products()
    with session(graph) as s:
        handle = s.partial_run_setup([c, d], [a, b])
        assert s.partial_run(handle, [], {a: 2}) == []
        assert s.partial_run(handle, c, {b: 5}) == 10
        assert s.partial_run(handle, d) == 11
        other = s.partial_run_setup([c], [a, b])
        assert s.partial_run(other, c, {a: 3, b: 5}) == 15


@case
def partial_run_errors():
    graph, a, b, c, d = products()
    with session(graph) as s:
        invalid = errors.InvalidArgumentError
        expect(invalid, "Must specify at least one target",
               lambda: s.partial_run_setup([], [a, b]))
        expect(invalid, 'Endpoint "a:0" fed more than once.',
               lambda: s.partial_run_setup([c], [a, a]))
        expect(invalid, "a:0 is both fed and fetched.", lambda: s.partial_run_setup([a], [a, b]))
        handle = s.partial_run_setup([c], [a, b])
        s.partial_run(handle, [], {a: 2})
        expect(invalid, "The feed a:0 has already been fed.",
               lambda: s.partial_run(handle, [], {a: 2}))
        expect(invalid, "can't be computed from the feeds that have been fed so far",
               lambda: s.partial_run(handle, c))
        expect(invalid, "was not specified in partial_run_setup",
               lambda: s.partial_run(handle, d))
        assert s.partial_run(handle, c, {b: 4}) == 8
        expect(invalid, "Must run PartialRunSetup before performing partial runs",
               lambda: s.partial_run(handle, c, {b: 4}))
        handle = s.partial_run_setup([c], [a])
        expect(invalid, "You must feed a value for placeholder tensor 'b'",
               lambda: s.partial_run(handle, c, {a: 2}))


@case
def make_callable():
    graph, a, b, c, d = products()
    with session(graph) as s:
        call = s.make_callable([c, d], [a, b])
        for x in range(3):
            assert call(x, 2) == [2 * x, 2 * x + 1]


@case
def raw_callable():
    graph, a, b, c, d = products()
    with graph.as_default():
        bad = tf.strings.to_number(tf.constant("abc"), name="bad")
    options = config_pb2.CallableOptions(feed=["a:0", "b:0"], fetch=["c:0", "d:0"])
    with session(graph) as s:
        call = s._make_callable_from_options(options)
        for x in range(3):
            got = call(np.float32(x), np.float32(2))
            assert [float(v) for v in got] == [2 * x, 2 * x + 1], got
        failing = s._make_callable_from_options(config_pb2.CallableOptions(fetch=["bad:0"]))
        expect(errors.InvalidArgumentError, "could not correctly convert string: abc", failing)


@case
def list_devices():
    with session(tf.Graph()) as s:
        devices = s.list_devices()
        assert devices, "no devices"
        for device in devices:
            assert device.name.startswith("/job:localhost/replica:0/task:0/device:CPU:"), device
            assert device.device_type == "CPU" and device.memory_limit_bytes > 0
            assert device.incarnation != 0
    with session(tf.Graph()) as s:
        assert [d.incarnation for d in s.list_devices()] == [d.incarnation for d in devices]


@case
def extend():
    graph, a, b, c, d = products()
    with session(graph) as s:
        assert s.run(c, {a: 2, b: 3}) == 6
        with graph.as_default(), tf.control_dependencies([d]):
            later = tf.add(c, d, name="later")
        assert s.run(later, {a: 2, b: 3}) == 13
        with graph.as_default():
            latest = tf.negative(later)
        assert s.run([latest, c], {a: 2, b: 3}) == [-13, 6]


@case
def errors_by_code():
    graph = tf.Graph()
    with graph.as_default():
        x = v1.placeholder(tf.float32, [2], name="x")
        variable = v1.get_variable("errors_v", [2], use_resource=True)
        reference = v1.get_variable("errors_r", [2], use_resource=False)
        counter = v1.get_variable("errors_c", [], tf.int32, v1.zeros_initializer(),
                                  use_resource=False)
        many = v1.placeholder(tf.int64, [1])
        queue = tf.queue.FIFOQueue(1, tf.float32, shapes=[[]], shared_name="errors_q")
        failing = [
            (errors.InvalidArgumentError, "You must feed a value for placeholder tensor 'x'",
             tf.identity(x)),
            (errors.InvalidArgumentError, "StringToNumberOp could not correctly convert string",
             tf.strings.to_number(tf.constant("abc"))),
            (errors.FailedPreconditionError, "Could not find variable errors_v", variable),
            (errors.FailedPreconditionError, "Attempting to use uninitialized value errors_r",
             reference),
            (errors.NotFoundError, "No such file or directory",
             tf.io.read_file("/nonexistent/file")),
            (errors.OutOfRangeError, "Reached limit of 0",
             tf.raw_ops.CountUpTo(ref=counter, limit=0)),
            (errors.ResourceExhaustedError, "OOM when allocating tensor with shape",
             tf.fill(tf.identity(many), 1.0)),
            (errors.DataLossError, "", tf.io.decode_compressed(b"none", "ZLIB")),
        ]
        close, enqueue, dequeue = queue.close(), queue.enqueue(1.0), queue.dequeue()
    with session(graph) as s:
        s.run(counter.initializer)
        for error, text, fetch in failing:
            raised = expect(error, text, lambda: s.run(fetch, {many: [1 << 45]}))
            assert "From /job:localhost/replica:0/task:0:" in raised.message, raised.message
        s.run(close)
        expect(errors.OutOfRangeError, "is closed and has insufficient elements",
               lambda: s.run(dequeue))
        expect(errors.CancelledError, "is closed", lambda: s.run(enqueue))


@case
def errors_name_their_node():
    graph = tf.Graph()
    with graph.as_default():
        bad = tf.strings.to_number(tf.constant("abc"), name="scope/bad")
    with session(graph) as s:
        raised = expect(errors.InvalidArgumentError, "[[{{node scope/bad}}]]", lambda: s.run(bad))
        assert raised.op is bad.op, raised.op


@case
def bad_device():
    graph = tf.Graph()
    with graph.as_default(), tf.device("/job:ps/task:9"):
        lost = tf.constant(1.0, name="lost")
    with session(graph) as s:
        expect(errors.InvalidArgumentError, "Cannot assign a device for operation lost",
               lambda: s.run(lost))


@case
def shared_variables():
    graph = tf.Graph()
    with graph.as_default():
        variables = [v1.get_variable("shared_v", initializer=5.0, use_resource=True),
                     v1.get_variable("shared_r", initializer=6.0, use_resource=False)]
        grown = [v.assign_add(1.0) for v in variables]
        initializer = v1.global_variables_initializer()
    with session(graph) as first, session(graph) as second:
        first.run(initializer)
        assert second.run(variables) == [5, 6]
        second.run(grown)
        assert first.run(variables) == [6, 7]
    with session(graph) as third:
        assert third.run(variables) == [6, 7]


@case
def shared_queues_and_tables():
    graph = tf.Graph()
    with graph.as_default():
        queue = tf.queue.FIFOQueue(3, tf.int32, shapes=[[]], shared_name="shared_q")
        put, take, size = queue.enqueue(4), queue.dequeue(), queue.size()
        table = tf.raw_ops.MutableHashTableV2(key_dtype=tf.string, value_dtype=tf.int64,
                                              shared_name="shared_t")
        key, one = tf.constant("k"), tf.constant(7, tf.int64)
        insert = tf.raw_ops.LookupTableInsertV2(table_handle=table, keys=key, values=one)
        find = tf.raw_ops.LookupTableFindV2(table_handle=table, keys=key, default_value=-one)
    with session(graph) as first, session(graph) as second:
        first.run([put])
        first.run([put])
        assert second.run(size) == 2
        assert second.run(take) == 4
        assert first.run(size) == 1
        assert second.run(find) == -7
        first.run(insert)
        assert second.run(find) == 7


@case
def isolated_state():
    graph = tf.Graph()
    with graph.as_default():
        v = v1.get_variable("isolated_v", initializer=5.0, use_resource=True)
        grown = v.assign_add(1.0)
        initializer = v1.global_variables_initializer()
    with session(graph) as first, session(graph, isolate_session_state=True) as second:
        first.run(initializer)
        expect(errors.FailedPreconditionError, "Could not find variable", lambda: second.run(v))
        second.run(initializer)
        second.run(grown)
        assert first.run(v) == 5 and second.run(v) == 6


def blocking():
    graph = tf.Graph()
    with graph.as_default():
        queue = tf.queue.FIFOQueue(3, tf.int32, shapes=[[]])
        return graph, queue.enqueue(4), queue.dequeue()


@case
def timeouts():
    graph, put, take = blocking()
    with session(graph) as s:
        expect(errors.DeadlineExceededError, "",
               lambda: s.run(take, options=v1.RunOptions(timeout_in_ms=200)))
        s.run(put)
        assert s.run(take) == 4
    # It holds for making the session too, which may take a while on a busy machine.
    with session(graph, operation_timeout_in_ms=2000) as s:
        expect(errors.DeadlineExceededError, "", lambda: s.run(take))


@case
def close_cancels_steps():
    graph = tf.Graph()
    with graph.as_default():
        begun = tf.queue.FIFOQueue(1, tf.int32, shapes=[[]], shared_name="close_begun")
        never = tf.queue.FIFOQueue(1, tf.int32, shapes=[[]], shared_name="close_never")
        began = begun.dequeue()
        with tf.control_dependencies([begun.enqueue(1)]):
            wait = never.dequeue()
    closed = session(graph)
    waiter = threading.Thread(target=lambda: outcome.append(
        expect(errors.CancelledError, "explicit call to `Session::Close()`",
               lambda: closed.run(wait))))
    outcome = []
    waiter.start()
    with session(graph) as s:
        assert s.run(began) == 1
        closed.close()
        waiter.join()
    assert outcome, "the step ended in another way"


@case
def while_loop():
    graph = tf.Graph()
    with graph.as_default():
        n = v1.placeholder(tf.int32, [])
        _, total = v1.while_loop(lambda i, t: i < n, lambda i, t: (i + 1, t + i), [0, 0])
        x = v1.placeholder(tf.float32, [])
        _, power = v1.while_loop(lambda i, p: i < 3, lambda i, p: (i + 1, p * x), [0, 1.0])
        slope = v1.gradients(power, x)[0]
    with session(graph) as s:
        assert s.run(total, {n: 100}) == 4950
        assert s.run([power, slope], {x: 2.0}) == [8, 12]


@case
def conditionals():
    graph = tf.Graph()
    with graph.as_default():
        x = v1.placeholder(tf.float32)
        y = v1.cond(x > 0, lambda: x * 2, lambda: x - 1)
    with session(graph) as s:
        assert s.run(y, {x: 3}) == 6 and s.run(y, {x: -3}) == -4


@case
def functions():
    graph = tf.Graph()
    with graph.as_default():
        @tf.function
        def doubled(value):
            return value * 2
        x = v1.placeholder(tf.float32, [])
        y = doubled(x)
    with session(graph) as s:
        assert s.run(y, {x: 3}) == 6
        with graph.as_default():
            z = doubled(y)
        assert s.run(z, {x: 3}) == 12


@case
def training():
    generator = np.random.default_rng(3)
    features = generator.normal(size=[32, 3]).astype(np.float32)
    labels = features @ np.array([[1.0], [-2.0], [0.5]], np.float32) + 0.25
    graph = tf.Graph()
    with graph.as_default():
        x = v1.placeholder(tf.float32, [None, 3])
        y = v1.placeholder(tf.float32, [None, 1])
        w = v1.get_variable("train_w", [3, 1], initializer=v1.zeros_initializer())
        b = v1.get_variable("train_b", [1], initializer=v1.zeros_initializer())
        loss = tf.reduce_mean(tf.square(tf.matmul(x, w) + b - y))
        step = v1.train.AdamOptimizer(0.1).minimize(loss)
        saver = v1.train.Saver([w, b])
        initializer = v1.global_variables_initializer()
    with session(graph) as s, tempfile.TemporaryDirectory() as folder:
        s.run(initializer)
        first = s.run(loss, {x: features, y: labels})
        for _ in range(200):
            s.run(step, {x: features, y: labels})
        assert s.run(loss, {x: features, y: labels}) < 1e-3 * first
        trained = s.run(w)
        path = saver.save(s, os.path.join(folder, "model"))
        s.run(initializer)
        saver.restore(s, path)
        assert np.array_equal(s.run(w), trained)


@case
def metadata():
    graph, a, b, c, d = products()
    with session(graph) as s:
        told = v1.RunMetadata()
        options = v1.RunOptions(trace_level=v1.RunOptions.FULL_TRACE, output_partition_graphs=True)
        assert s.run(d, {a: 2, b: 3}, options, told) == 7
        device = "/job:localhost/replica:0/task:0/device:CPU:0"
        assert device in [stats.device for stats in told.step_stats.dev_stats], told
        names = {node.name for part in told.partition_graphs for node in part.node}
        assert names, "no partition graphs"
        s.run(d, {a: 2, b: 3}, None, told)
        assert not told.step_stats.dev_stats


@case
def steps_at_once():
    graph, a, b, c, d = products()
    with session(graph) as s:
        failures = []

        def many(x):
            for y in range(25):
                got = s.run(c, {a: x, b: y})
                if got != x * y:
                    failures.append((x, y, got))

        threads = [threading.Thread(target=many, args=(x,)) for x in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failures, failures


@case
def reset_of_containers():
    graph = tf.Graph()
    with graph.as_default():
        with v1.container("reset_c"):
            inside = v1.get_variable("reset_inside", initializer=1.0, use_resource=True)
        outside = v1.get_variable("reset_outside", initializer=2.0, use_resource=True)
        initializer = v1.global_variables_initializer()
    s = session(graph)
    s.run(initializer)
    v1.Session.reset(TARGET, ["reset_c", "reset_unknown"])
    expect(errors.AbortedError, "is not found", lambda: s.run(outside))
    with session(graph) as s:
        assert s.run(outside) == 2
        expect(errors.FailedPreconditionError, "container=reset_c", lambda: s.run(inside))
        s.run(initializer)
    v1.Session.reset(TARGET)
    with session(graph) as s:
        expect(errors.FailedPreconditionError, "container=localhost", lambda: s.run(outside))


@case
def large_graph():
    value = np.arange(3 << 20, dtype=np.float32)
    graph = tf.Graph()
    with graph.as_default():
        total = tf.reduce_max(tf.constant(value))
    with session(graph) as s:
        assert s.run(total) == value[-1]


@case
def large_feed_and_fetch():
    value = np.arange(75 << 20, dtype=np.float32)
    graph = tf.Graph()
    with graph.as_default():
        x = v1.placeholder(tf.float32)
        last, size, same = x[-1], tf.size(x), tf.identity(x)
    with session(graph) as s:
        assert s.run([last, size], {x: value}) == [value[-1], value.size]
        assert np.array_equal(s.run(same, {x: value[:32 << 20]}), value[:32 << 20])


main(sys.argv[2:])
