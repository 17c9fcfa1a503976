# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Source archives of third parties: what is pinned, and where it comes from."""

import hashlib
import os
import tempfile
import unittest
from unittest import mock

from svsmkit import apt, cache, source, ui
from svsmkit.errors import UserError

DATA = b"an archive\n" * 100
DIGEST = hashlib.sha256(DATA).hexdigest()
FILE = "some_1.0+dfsg.orig.tar.xz"
WRAP = f"[wrap-file]\nsource_filename = {FILE}\nsource_hash = {DIGEST}\n"


class Source(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.tree = os.path.join(directory.name, "tree")
        os.makedirs(os.path.join(self.tree, "packagefiles"))
        with open(os.path.join(self.tree, "some.wrap"), "w", encoding="utf-8") as file:
            file.write(WRAP)
        self.fetched = []
        self.answer = DATA
        for patch in (
                mock.patch.dict(os.environ, XDG_CACHE_HOME=directory.name),
                mock.patch.object(ui, "note"),
                mock.patch.object(source, "SUBPROJECTS", self.tree),
                mock.patch.dict(source.POOL, some=("pool/main/s/some", len(DATA))),
                mock.patch.object(apt, "mirror", return_value="mirror"),
                mock.patch.object(apt, "download", self.download)):
            patch.start()
            self.addCleanup(patch.stop)

    def download(self, uri, _digest, part, _poll):
        self.fetched.append(uri)
        if self.answer is None:
            raise UserError("fetching failed")
        with open(part, "wb") as file:
            file.write(self.answer)

    def test_it_comes_from_the_pool_of_the_mirror(self):
        where = source.put("some")
        self.assertEqual(where, os.path.join(self.tree, "packagefiles", FILE))
        self.assertEqual(cache.sha256(where), DIGEST)
        self.assertEqual(self.fetched, ["mirror/pool/main/s/some/"
                                        "some_1.0%2bdfsg.orig.tar.xz"])

    def test_it_is_fetched_once(self):
        os.unlink(source.put("some"))
        self.assertEqual(cache.sha256(source.put("some")), DIGEST)
        source.put("some")
        self.assertEqual(len(self.fetched), 1)

    def test_another_archive_is_no_substitute(self):
        self.answer = b"another one"
        with self.assertRaisesRegex(UserError, "SHA-256"):
            source.put("some")
        self.assertFalse(os.listdir(os.path.join(self.tree, "packagefiles")))

    def test_a_damaged_copy_is_replaced(self):
        where = source.put("some")
        with open(where, "ab") as file:
            file.write(b"more")
        source.put("some")
        self.assertEqual(cache.sha256(where), DIGEST)

    def test_without_a_network_it_says_what_to_put_where(self):
        self.answer = None
        with self.assertRaises(UserError) as caught:
            source.put("some")
        for text in (FILE, DIGEST, cache.path("sources")):
            self.assertIn(text, str(caught.exception))

    def test_only_a_wrap_of_an_archive_has_a_source(self):
        with self.assertRaisesRegex(UserError, "no wrap"):
            source.pin("other")
