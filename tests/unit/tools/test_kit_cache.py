# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""The cache: complete and right, or not there; whatever happens on the way."""

import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from unittest import mock

from svsmkit import cache, ui
from svsmkit.errors import UserError

DATA = b"what we want to have\n" * 1000
DIGEST = hashlib.sha256(DATA).hexdigest()

KILLED = """
import sys, time
sys.path.insert(0, sys.argv[1])
from svsmkit import cache
def fetch(part, poll):
    with open(part, "wb") as file:
        file.write(b"what we")
    print("half", flush=True)
    time.sleep(60)
cache.download(fetch, sys.argv[2], sys.argv[3], 100)
"""


class InTemporaryCache(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        for patch in (mock.patch.dict(os.environ, XDG_CACHE_HOME=directory.name),
                      mock.patch.object(ui, "note")):
            patch.start()
            self.addCleanup(patch.stop)
        self.name = cache.path("debs", "a.deb")

    def content(self):
        with open(self.name, "rb") as file:
            return file.read()


class Download(InTemporaryCache):
    def fetcher(self, *answers):
        """A fetch that leaves one answer after the other."""
        todo = list(answers)

        def fetch(part, poll):
            poll()
            with open(part, "wb") as file:
                file.write(todo.pop(0))
        fetch.left = todo
        return fetch

    def test_a_good_file_gets_its_name(self):
        cache.download(self.fetcher(DATA), self.name, DIGEST, len(DATA))
        self.assertEqual(self.content(), DATA)
        self.assertEqual(os.listdir(os.path.dirname(self.name)), ["a.deb"])

    def test_what_is_there_is_not_fetched_again(self):
        cache.download(self.fetcher(DATA), self.name, DIGEST, len(DATA))
        cache.download(self.fetcher(), self.name, DIGEST, len(DATA))

    def test_what_was_damaged_in_the_cache_is_fetched_again(self):
        cache.write(self.name, DATA[:-1] + b"?")
        cache.download(self.fetcher(DATA), self.name, DIGEST, len(DATA))
        self.assertEqual(self.content(), DATA)

    def test_a_damaged_download_is_tried_once_more(self):
        cache.download(self.fetcher(b"junk", DATA), self.name, DIGEST, len(DATA))
        self.assertEqual(self.content(), DATA)

    def test_a_file_that_stays_wrong_never_gets_its_name(self):
        with self.assertRaisesRegex(UserError, DIGEST):
            cache.download(self.fetcher(b"junk", b"junk"), self.name, DIGEST, 4)
        self.assertEqual(os.listdir(os.path.dirname(self.name)), [])

    def test_an_interrupted_download_is_continued(self):
        def interrupted(part, poll):
            with open(part, "wb") as file:
                file.write(DATA[:5000])
            raise KeyboardInterrupt

        def rest(part, poll):
            with open(part, "ab") as file:
                self.assertEqual(file.tell(), 5000)
                file.write(DATA[5000:])

        with self.assertRaises(KeyboardInterrupt):
            cache.download(interrupted, self.name, DIGEST, len(DATA))
        self.assertFalse(os.path.exists(self.name))
        cache.download(rest, self.name, DIGEST, len(DATA))
        self.assertEqual(self.content(), DATA)

    def test_a_killed_kit_leaves_nothing_under_the_name(self):
        tools = os.path.dirname(os.path.dirname(cache.__file__))
        with subprocess.Popen(
                [sys.executable, "-B", "-c", KILLED, tools, self.name, DIGEST],
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
            child.stdout.readline()
            child.send_signal(signal.SIGKILL)
        self.assertFalse(os.path.exists(self.name))
        cache.download(self.fetcher(DATA), self.name, DIGEST, len(DATA))
        self.assertEqual(self.content(), DATA)


class Directory(InTemporaryCache):
    def test_a_directory_that_failed_is_not_there(self):
        where = cache.path("guest", "part")
        with self.assertRaises(UserError):
            with cache.directory(where) as into:
                cache.write(os.path.join(into, "a"), b"a")
                raise UserError("no")
        self.assertEqual(os.listdir(os.path.dirname(where)), [])

    def test_it_replaces_the_old_one_as_a_whole(self):
        where = cache.path("guest", "part")
        for name in ("old", "new"):
            with cache.directory(where) as into:
                cache.write(os.path.join(into, name), b"")
        self.assertEqual(os.listdir(where), ["new"])


class Lock(InTemporaryCache):
    def test_a_second_kit_waits(self):
        tools = os.path.dirname(os.path.dirname(cache.__file__))
        code = ("import sys; sys.path.insert(0, sys.argv[1])\n"
                "from svsmkit import cache\n"
                "with cache.locked(): print('in', flush=True)\n")
        with cache.locked():
            child = subprocess.Popen([sys.executable, "-B", "-c", code, tools],
                                     stdout=subprocess.PIPE,
                                     stderr=subprocess.DEVNULL)
            time.sleep(0.5)
            self.assertIsNone(child.poll())
        out, _ = child.communicate(timeout=20)
        self.assertEqual(out, b"in\n")


class Place(unittest.TestCase):
    def test_an_impossible_cache_is_one_clear_error(self):
        with mock.patch.dict(os.environ, XDG_CACHE_HOME="/dev/null/x"):
            with self.assertRaisesRegex(UserError, "cannot make the cache"):
                cache.root()


if __name__ == "__main__":
    unittest.main()
