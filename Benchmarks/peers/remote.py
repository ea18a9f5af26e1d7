#!/usr/bin/env python3
"""Stock TensorFlow's Python client on a stock server and on `weirloom serve`, in turns.

    tf/bin/python remote.py ../../.build/release/weirloom [latency,clients,connections,bandwidth]

latency    RunStep of add_vec4 over loopback: median and tenth percentile of 3000 runs each
clients    64 sessions in two processes, all at once: runs per second, best of four rounds
connections  the same step over 64 connections of h2load (Debian's nghttp2-client), whose requests cost
           hardly anything, so that the servers are what is measured: median and best of 20 rounds
bandwidth  64 MiB fed and fetched: best and median time, and the server's peak memory

The server's CPU time per run stands beside, as it does not depend on what the clients cost.
"""

import os
import re
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
CLIENTS, PROCESSES, RUNS = 64, 2, 100


def stock(port):
    code = (
        "import tensorflow as tf; tf.distribute.Server("
        f"{{'localhost': ['127.0.0.1:{port}']}}, job_name='localhost', task_index=0).join()")
    return subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)


def ours(port):
    return subprocess.Popen(
        [sys.argv[1], "serve", "--port", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Server:
    def __init__(self, start):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process = start(self.port)
        deadline = time.time() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if time.time() > deadline:
                    raise
                time.sleep(0.05)

    def session(self, graph):
        return v1.Session(f"grpc://127.0.0.1:{self.port}", graph=graph)

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_mebibytes(self):
        with open(f"/proc/{self.process.pid}/status") as file:
            return int(re.search(r"VmHWM:\s+(\d+)", file.read()).group(1)) // 1024


def small_graph():
    graph = tf.Graph()
    with graph.as_default():
        x = v1.placeholder(tf.float32, [4])
        y = x + 1.0
    return graph, x, y


def latency(servers):
    graph, x, y = small_graph()
    feed = {x: np.arange(4, dtype=np.float32)}
    sessions = {name: server.session(graph) for name, server in servers.items()}
    for session in sessions.values():
        for _ in range(200):
            session.run(y, feed)
    times = {name: [] for name in servers}
    cpu = {name: -server.cpu_seconds() for name, server in servers.items()}
    for _ in range(60):
        for name, session in sessions.items():
            for _ in range(50):
                start = time.perf_counter()
                session.run(y, feed)
                times[name].append((time.perf_counter() - start) * 1e6)
    for name, server in servers.items():
        cpu[name] += server.cpu_seconds()
        print(
            f"latency    {name:6} median {statistics.median(times[name]):5.0f} us   "
            f"p10 {sorted(times[name])[len(times[name]) // 10]:5.0f} us   "
            f"server {cpu[name] / len(times[name]) * 1e6:4.0f} us CPU a run", flush=True)


def client(port, count):
    """One process of the test with many clients: prints its runs per second."""
    graph, x, y = small_graph()
    value = np.arange(4, dtype=np.float32)
    ready, done = threading.Barrier(count + 1), threading.Barrier(count + 1)

    def work():
        try:
            with graph.as_default():
                call = v1.Session(f"grpc://127.0.0.1:{port}", graph=graph).make_callable(y, [x])
            call(value)
            ready.wait()
            for _ in range(RUNS):
                call(value)
            done.wait()
        except BaseException as error:
            print(error, file=sys.stderr, flush=True)
            os._exit(1)

    for _ in range(count):
        threading.Thread(target=work).start()
    ready.wait()
    start = time.time()
    done.wait()
    print(count * RUNS / (time.time() - start), flush=True)
    os._exit(0)


def clients(servers):
    rates = {name: [] for name in servers}
    for _ in range(4):
        for name, server in servers.items():
            before = server.cpu_seconds()
            processes = [
                subprocess.Popen(
                    [sys.executable, __file__, "client", str(server.port),
                     str(CLIENTS // PROCESSES)],
                    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
                for _ in range(PROCESSES)]
            rate = sum(float(process.communicate()[0]) for process in processes)
            cpu = (server.cpu_seconds() - before) / (CLIENTS * (RUNS + 1)) * 1e6
            rates[name].append((rate, cpu))
    for name, found in rates.items():
        print(
            f"clients    {name:6} best {max(rate for rate, _ in found):6.0f} runs/s   "
            f"server {min(cpu for _, cpu in found):4.0f} us CPU a run", flush=True)


def field(number, content):
    """A length-delimited field of a message; lengths of up to 16383 bytes are enough here."""
    length = len(content)
    size = bytes([length]) if length < 128 else bytes([length & 127 | 128, length >> 7])
    return bytes([number << 3 | 2]) + size + content


class Call:
    """A call of a server's master service, made by the tools of nghttp2."""

    def __init__(self, server, method, message):
        self.body = tempfile.NamedTemporaryFile()
        self.body.write(struct.pack(">BI", 0, len(message)) + message)
        self.body.flush()
        self.arguments = [
            "-d", self.body.name, "-H", "content-type: application/grpc", "-H", "te: trailers",
            f"http://127.0.0.1:{server.port}/tensorflow.MasterService/{method}"]

    def make(self):
        """The response's message."""
        return subprocess.run(
            ["nghttp", *self.arguments], capture_output=True, check=True).stdout[5:]

    def repeat(self, count):
        """Calls per second over 64 connections, one at a time on each."""
        output = subprocess.run(
            ["h2load", "-n", str(count), "-c", str(CLIENTS), "-m", "1", *self.arguments],
            capture_output=True, check=True, text=True).stdout
        assert f"{count} succeeded" in output, output
        return float(re.search(r"([\d.]+) req/s", output).group(1))


def connections(servers):
    if shutil.which("h2load") is None:
        print("connections not measured: h2load is missing (apt install nghttp2-client)")
        return
    count = 5000
    graph, x, y = small_graph()
    value = tf.make_tensor_proto(np.arange(4, dtype=np.float32)).SerializeToString()
    feed = field(2, field(1, x.name.encode()) + field(2, value))
    calls = {}
    for name, server in servers.items():
        created = Call(server, "CreateSession", field(1, graph.as_graph_def().SerializeToString()))
        response = created.make()
        handle = response[2:2 + response[1]]
        calls[name] = Call(
            server, "RunStep", field(1, handle) + feed + field(3, y.name.encode()))
        assert struct.pack("<4f", 1, 2, 3, 4) in calls[name].make()
    rates = {name: [] for name in servers}
    for _ in range(20):
        for name, server in servers.items():
            before = server.cpu_seconds()
            rate = calls[name].repeat(count)
            rates[name].append((rate, (server.cpu_seconds() - before) / count * 1e6))
    for name, found in rates.items():
        print(
            f"connections {name:5} median {statistics.median(rate for rate, _ in found):6.0f} "
            f"runs/s   best {max(rate for rate, _ in found):6.0f}   "
            f"server {statistics.median(cpu for _, cpu in found):4.0f} us CPU a run", flush=True)


def bandwidth(servers):
    graph = tf.Graph()
    with graph.as_default():
        x = v1.placeholder(tf.float32, [None])
        y = tf.identity(x)
    feed = {x: np.zeros(16 << 20, np.float32)}
    sessions = {name: server.session(graph) for name, server in servers.items()}
    times = {name: [] for name in servers}
    for _ in range(8):
        for name, session in sessions.items():
            start = time.perf_counter()
            session.run(y, feed)
            times[name].append(time.perf_counter() - start)
    for name, server in servers.items():
        print(
            f"bandwidth  {name:6} best {min(times[name]):.3f} s   "
            f"median {statistics.median(times[name]):.3f} s   "
            f"peak {server.peak_mebibytes()} MiB", flush=True)


PARTS = {
    "latency": latency, "clients": clients, "connections": connections, "bandwidth": bandwidth}


def main():
    if sys.argv[1] == "client":
        client(int(sys.argv[2]), int(sys.argv[3]))
    wanted = sys.argv[2].split(",") if len(sys.argv) > 2 else PARTS
    servers = {"stock": Server(stock), "ours": Server(ours)}
    status = 1
    try:
        for name in wanted:
            PARTS[name](servers)
        status = 0
    except Exception:
        traceback.print_exc()
    finally:
        for server in servers.values():
            server.process.kill()
        # Sessions whose server is gone would wait for it.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    main()
