#!/usr/bin/env python3
"""Records how stock TensorFlow cuts graphs: Fixtures/partitions.

    Scripts/record-partitions.py <folder>

Needs TensorFlow 2.21. For each case `NAME.pb` is the graph, with the devices that its nodes ask for, and
`NAME.tsv` what a session on three CPUs said of a run of it that feeds `x` and fetches `y`
(`RunMetadata.partition_graphs`), without optimisations: a line `node`, name, device for each node of the
graph that ran, and a line `edge`, tensor, sending device, receiving device, type for each pair of a
`_Send` and its `_Recv`. The tensor is what follows the number in `tensor_name`: numbers are the order in
which an implementation happens to look at edges.
"""

import os
import re
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import tensorflow as tf
from tensorflow.core.framework import types_pb2

tf1 = tf.compat.v1


def on(device):
    return tf.device("/device:CPU:%d" % device)


def there_and_back(x):
    """A value that two nodes read on one device travels there once."""
    with on(1):
        far = tf.add(x * x, x, name="far")
    with on(2):
        farther = tf.multiply(far, x, name="farther")
    with on(0):
        return far + farther


def end(x):
    """The end of a node travels."""
    with on(1):
        first = tf.negative(x, name="first")
    with on(0), tf1.control_dependencies([first]):
        return tf.abs(x)


def outputs(x):
    """Several outputs of one node, to several devices."""
    with on(1):
        parts = tf.split(tf.stack([x, x, x]), 3, name="parts")
    with on(0):
        near = parts[0] + parts[2]
    with on(2):
        far = parts[1] * parts[2]
    with on(0):
        return near + far


def branch(x):
    """A switch is where its value is, whose ways are elsewhere."""
    with on(0):
        return tf1.cond(x > 0.0, lambda: far_double(x), lambda: tf.negative(x))


def far_double(x):
    with on(1):
        return tf.add(x, x, name="double")


def loop(x):
    """A loop whose body is elsewhere, which gets a loop of its own there."""
    def body(count, value):
        with on(1):
            value = tf.multiply(value, value, name="square")
        return count + 1, value

    with on(0):
        return tf1.while_loop(lambda count, value: count < 3, body, [tf.constant(0), x])[1]


def loop_elsewhere(x):
    """A loop whose condition is elsewhere."""
    def condition(count, value):
        with on(1):
            return tf.less(count, 3, name="goes_on")

    with on(0):
        return tf1.while_loop(
            condition, lambda count, value: (count + 1, value + x), [tf.constant(0), x])[1]


def nested(x):
    """A loop in a loop, and a value that is computed elsewhere in the inner."""
    def turn(count, value):
        with on(2):
            value = tf.add(value, x, name="more")
        return count + 1, value

    def body(count, value):
        inner = tf1.while_loop(lambda i, v: i < 2, turn, [tf.constant(0), value])
        return count + 1, inner[1]

    with on(0):
        return tf1.while_loop(lambda count, value: count < 2, body, [tf.constant(0), x])[1]


def record(case, folder):
    graph = tf.Graph()
    with graph.as_default():
        tf1.disable_control_flow_v2()
        with on(0):
            x = tf1.placeholder(tf.float32, [], name="x")
        y = case(x)
        with on(0):
            y = tf.identity(y, name="y")
        config = tf1.ConfigProto(device_count={"CPU": 3})
        config.graph_options.optimizer_options.opt_level = -1
        config.graph_options.rewrite_options.disable_meta_optimizer = True
        options = tf1.RunOptions(output_partition_graphs=True)
        metadata = tf1.RunMetadata()
        with tf1.Session(graph=graph, config=config) as session:
            session.run(y, {x: 1.5}, options=options, run_metadata=metadata)
    lines = []
    own = {node.name for node in graph.as_graph_def().node}
    for part in metadata.partition_graphs:
        for node in part.node:
            device = short(node.device)
            if node.name in own:
                lines.append(("node", node.name, device))
            if node.op == "_Send":
                tensor = re.sub(r"^edge_\d+_", "", node.attr["tensor_name"].s.decode())
                lines.append((
                    "edge", tensor, device, short(node.attr["recv_device"].s.decode()),
                    types_pb2.DataType.Name(node.attr["T"].type)[3:].lower()))
    with open(os.path.join(folder, case.__name__ + ".pb"), "wb") as file:
        file.write(graph.as_graph_def().SerializeToString(deterministic=True))
    with open(os.path.join(folder, case.__name__ + ".tsv"), "w") as file:
        file.writelines("\t".join(line) + "\n" for line in sorted(lines))


def short(device):
    return device[device.index("CPU:"):]


if __name__ == "__main__":
    os.makedirs(sys.argv[1], exist_ok=True)
    for case in (there_and_back, end, outputs, branch, loop, loop_elsewhere, nested):
        record(case, sys.argv[1])
