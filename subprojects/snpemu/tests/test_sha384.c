/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* SHA-384 against the answers of others. */
#include "suite.h"

#include <string.h>

#include "by_hand.h"

/* The examples of FIPS 180-4 and the million of its test vectors. */
START_TEST(sha384_gives_the_answers_of_nist)
{
	static const struct {
		const char *text, *hex;
	} rows[] = {
		{ "", "38b060a751ac96384cd9327eb1b1e36a21fdb71114be0743"
		      "4c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b" },
		{ "abc", "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded163"
			 "1a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7" },
		{ "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
		  "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
		  "09330c33f71147e83d192fc782cd1b4753111b173b3b05d2"
		  "2fa08086e3b0f712fcc7c71a557e2db966c3e9fa91746039" },
	};
	uint8_t out[SHA384_BYTES];

	for (unsigned i = 0; i < 3; i++) {
		sha384(rows[i].text, strlen(rows[i].text), out);
		expect_hex(out, rows[i].hex);
	}
}
END_TEST

START_TEST(sha384_takes_a_million_bytes_in_any_pieces)
{
	static const char answer[] =
		"9d0e1809716474cb086e834e310a4a1ced149e9c00f24852"
		"7972cec5704c2a5b07b8b3dc38ecc4ebae97ddd87f3d8985";
	uint8_t piece[300], out[SHA384_BYTES];
	struct sha384 hash;
	size_t left, step;

	memset(piece, 'a', sizeof(piece));
	for (size_t size = 1; size <= sizeof(piece); size += 61) {
		sha384_init(&hash);
		for (left = 1000000; left != 0; left -= step) {
			step = left < size ? left : size;
			sha384_update(&hash, piece, step);
		}
		sha384_final(&hash, out);
		expect_hex(out, answer);
	}
}
END_TEST

/* Lengths around the end of a block, where padding is easy to get wrong. */
START_TEST(sha384_pads_every_length)
{
	static const struct {
		size_t length;
		const char *hex;
	} rows[] = {
		{ 0,
		  "38b060a751ac96384cd9327eb1b1e36a21fdb71114be0743"
		  "4c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b" },
		{ 1,
		  "bec021b4f368e3069134e012c2b4307083d3a9bdd206e24e"
		  "5f0d86e13d6636655933ec2b413465966817a9c208a11717" },
		{ 111,
		  "435770712c611be7293a66dd0dc8d1450dc7ff7337bfe115"
		  "bf058ef2eb9bed09cee85c26963a5bcc0905dc2df7cc6a76" },
		{ 112,
		  "3e0cbf3aee0e3aa70415beae1bd12dd7db821efa446440f1"
		  "2132edffce76f635e53526a111491e75ee8e27b9700eec20" },
		{ 113,
		  "6be9af2cf3cd5dd12c8d9399ec2b34e66034fbd699d4e022"
		  "1d39074172a380656089caafe8f39963f94cc7c0a07e3d21" },
		{ 127,
		  "485709a91f9846d3eb9824335106532fde8bfd5d770408e0"
		  "899d99db5bf85b79ba04630d1e6d13f9f336915daf7c1d1d" },
		{ 128,
		  "f809b88323411f24a6f152e5e9d9d1b5466b77e0f3c7550f"
		  "8b242c31b6e7b99bcb45bdecb6124bc23283db3b9fc4f5b3" },
		{ 129,
		  "3d27644477d56bfcf9142bee2cdeebb13dd5fac6b1cf3e04"
		  "18a9ecaeae92d32e041c9596a0d25c3812546c78281e8964" },
		{ 239,
		  "70fa2d4b4a97249db1789e4b1964b1eec6c3f7ce1ff87bad"
		  "80833bb078d2f9a4c1dd7dccccabc8511fd22103245338b7" },
		{ 240,
		  "48d522370d1ba3dd4ddb6ff1c3b64e6ae96700480e1b63ec"
		  "7750988d39e704ad7c7fc5e50f4d176b9fa68be954bec6ee" },
		{ 241,
		  "00b7c79a997ba48f2eb4daf16b31cbff81283381741d505d"
		  "d4853a5f0a607818c60c33a1baeb108bd1e7d97bfb597e55" },
		{ 255,
		  "059fb9a5bb7d90988188e1a3d9034d6ae4449d97b056c536"
		  "c1e5b41259ff4f46a9ee5d16ae14ea815dc1749754114f52" },
		{ 256,
		  "983980373213482dd5c9a5a424db89418e3344c459fa31a3"
		  "56e42eaa28544ca01b9839f6593c9e5d79fd439b5da6ebef" },
		{ 257,
		  "90c5083d81f30744c206534dfa7fbc32d948de3090af1085"
		  "9b30ff90a2ecf8b8c6eea6f05c622c0b1944e155362df4b0" },
	};
	uint8_t zeros[300] = { 0 }, out[SHA384_BYTES];

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sha384(zeros, rows[i].length, out);
		expect_hex(out, rows[i].hex);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sha384");

	CASE(suite, "sha384",
	     sha384_gives_the_answers_of_nist,
	     sha384_takes_a_million_bytes_in_any_pieces,
	     sha384_pads_every_length);
	return run_suite(suite);
}
