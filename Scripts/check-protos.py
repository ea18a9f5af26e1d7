#!/usr/bin/env python3
"""Compares Protos/ with the message descriptors inside stock TensorFlow.

    Scripts/check-protos.py <virtual environment with TensorFlow 2.21>

Needs protoc. Every file, message, field, oneof, enum and service is compared; comments and options
for other languages are not. Descriptors are read from TensorFlow's Python modules, and from its
shared library for files without a module (master.proto, worker.proto). Exits with 1 if anything
differs.
"""

import mmap
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

PROTOS = Path(__file__).resolve().parent.parent / "Protos"

# No descriptor in TensorFlow's packages: nothing there is linked against this file.
WITHOUT_DESCRIPTOR = {"tensorflow/core/protobuf/critical_section.proto"}


def main(environment):
    # Run again under the environment's own Python, which has the protobuf runtime.
    if Path(sys.prefix).resolve() != Path(environment).resolve():
        python = os.path.join(environment, "bin", "python")
        os.execv(python, [python, __file__, environment])

    tensorflow = next(Path(environment).glob("lib/python3*/site-packages/tensorflow"))
    library = Library(tensorflow / "libtensorflow_cc.so.2")
    differences, unchecked = [], []
    ours = compiled()
    for file in ours:
        for service in file.service:
            expected = library.methods(file.package, service.name)
            methods = {method.name for method in service.method}
            if methods != expected:
                differences.append(f"{file.name}: methods differ: {sorted(methods ^ expected)}")
        if file.service:
            continue
        stock = from_module(tensorflow.parent, file.name) or library.descriptor(file.name)
        if stock is None:
            unchecked.append(file.name)
            continue
        compare(facts(file), facts(stock), file.name, differences)

    for name in unchecked:
        print(f"{name}: TensorFlow has no descriptor for it")
    for difference in differences:
        print(difference)
    print(f"{len(ours)} files, {len(unchecked)} unchecked, {len(differences)} differences")
    return 1 if differences or set(unchecked) != WITHOUT_DESCRIPTOR else 0


def compiled():
    """Our files as protoc understands them."""
    from google.protobuf import descriptor_pb2

    names = sorted(
        str(path.relative_to(PROTOS))
        for folder in ("tensorflow", "xla")
        for path in (PROTOS / folder).rglob("*.proto")
    )
    with tempfile.NamedTemporaryFile() as output:
        subprocess.run(
            ["protoc", f"--proto_path={PROTOS}", f"--descriptor_set_out={output.name}", *names],
            check=True,
        )
        return descriptor_pb2.FileDescriptorSet.FromString(output.read()).file


def from_module(packages, name):
    """The descriptor a generated Python module registers, without importing TensorFlow."""
    from google.protobuf import descriptor_pb2

    module = packages / name.replace(".proto", "_pb2.py")
    if not module.exists():
        return None
    literal = re.search(r"AddSerializedFile\((b'.*')\)$", module.read_text(), re.MULTILINE)
    # A bytes literal, so evaluating it runs no code.
    import ast

    return descriptor_pb2.FileDescriptorProto.FromString(ast.literal_eval(literal.group(1)))


class Library:
    """TensorFlow's shared libraries, which hold serialized descriptors of the files linked in."""

    def __init__(self, path):
        self.images = []
        for part in (path, path.with_name("libtensorflow_framework.so.2")):
            with open(part, "rb") as file:
                self.images.append(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))

    def descriptor(self, name):
        from google.protobuf import descriptor_pb2

        # A FileDescriptorProto starts with its name, field 1.
        start = b"\x0a" + bytes([len(name)]) + name.encode() + b"\x12"
        for image in self.images:
            position = image.find(start)
            if position >= 0:
                data = image[position : position + (1 << 20)]
                return descriptor_pb2.FileDescriptorProto.FromString(data[: message_length(data)])
        return None

    def methods(self, package, service):
        """Methods of a service, from the paths in the library."""
        pattern = re.compile(rf"/{package}\.{service}/(\w+)\0".encode())
        return {match.group(1).decode() for match in pattern.finditer(self.images[0])}


def message_length(data):
    """How far `data` reads as a FileDescriptorProto; what comes after it is something else."""

    def varint(position):
        value = shift = 0
        while True:
            byte = data[position]
            value |= (byte & 127) << shift
            position, shift = position + 1, shift + 7
            if byte < 128:
                return value, position

    # Field numbers of FileDescriptorProto in the order of writing; all but syntax are length-
    # delimited, and so is syntax.
    allowed = {number << 3 | 2 for number in (1, 2, 3, 4, 5, 6, 7, 8, 9, 12)}
    allowed |= {10 << 3, 11 << 3}
    end = 0
    while True:
        tag, position = varint(end)
        if tag not in allowed or (tag == 10 and end > 0):
            return end
        value, position = varint(position)
        end = position + value if tag & 7 == 2 else position


def facts(file):
    """All that matters on the wire, as a flat dictionary."""
    result = {"package": file.package, "syntax": file.syntax or "proto2"}

    def add_enum(prefix, enum):
        name = f"{prefix}.{enum.name}"
        result[name] = ("enum", enum.options.allow_alias)
        for value in enum.value:
            result[f"{name}.{value.name}"] = value.number
        for reserved in enum.reserved_range:
            result[f"{name} reserved {reserved.start}"] = reserved.end
        for reserved in enum.reserved_name:
            result[f"{name} reserved {reserved}"] = True

    def add_message(prefix, message):
        name = f"{prefix}.{message.name}"
        result[name] = ("message", message.options.map_entry)
        for field in message.field:
            oneof = message.oneof_decl[field.oneof_index].name if field.HasField("oneof_index") else None
            packed = field.options.packed if field.options.HasField("packed") else None
            result[f"{name}.{field.name}"] = (
                field.number, field.type, field.type_name, field.label, oneof, packed,
                field.proto3_optional, field.default_value, field.options.deprecated,
            )
        for reserved in message.reserved_range:
            result[f"{name} reserved {reserved.start}"] = reserved.end
        for reserved in message.reserved_name:
            result[f"{name} reserved {reserved}"] = True
        for nested in message.nested_type:
            add_message(name, nested)
        for enum in message.enum_type:
            add_enum(name, enum)

    for message in file.message_type:
        add_message(file.package, message)
    for enum in file.enum_type:
        add_enum(file.package, enum)
    return result


def compare(ours, stock, file, differences):
    for name in sorted(ours.keys() | stock.keys()):
        if ours.get(name) != stock.get(name):
            differences.append(
                f"{file}: {name}: ours {ours.get(name)}, TensorFlow's {stock.get(name)}"
            )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
