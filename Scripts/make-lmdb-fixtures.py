#!/usr/bin/env python3
"""Makes Fixtures/lmdb anew. Needs the Python package lmdb, which brings liblmdb along."""
import pathlib
import shutil

import lmdb

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "Fixtures" / "lmdb"


def make(name, items, subdir=False):
    with lmdb.open(str(FOLDER / name), subdir=subdir, map_size=1 << 22, lock=False) as database:
        with database.begin(write=True) as transaction:
            for key, value in items:
                transaction.put(key, value)


shutil.rmtree(FOLDER, ignore_errors=True)
FOLDER.mkdir(parents=True)
make("folder", [(b"%02d" % i, b"value %d" % i) for i in range(10)], subdir=True)
# Branches and leaves.
make("tree.mdb", [(b"key%05d" % i, (b"%d-" % i) * (i % 7)) for i in range(1000)])
# Values of several pages.
make("large.mdb", [(b"a", b"x"), (b"b", bytes(range(256)) * 50), (b"c", b"")])
make("empty.mdb", [])
