/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What a guest that speaks to a TPM expected, and what it got.
 */
#include "tpm.h"

static void complain(struct verdict *v, const char *what)
{
	v->bad = true;
	say("tpm: ");
	say(what);
}

void expect(struct verdict *v, uint64_t got, uint64_t wanted)
{
	if (got == wanted)
		return;
	complain(v, "got ");
	say_hex(got);
	say(", wanted ");
	say_hex(wanted);
	say("\n");
}

void expect_true(struct verdict *v, bool is, const char *what)
{
	if (is)
		return;
	complain(v, what);
	say(": no\n");
}

void expect_code(struct verdict *v, uint64_t gpa, uint32_t code)
{
	expect(v, cmd(gpa), SVSM_SUCCESS);
	expect(v, response_code(v, gpa), code);
}

void end_of(struct verdict *v, const char *name)
{
	say("tpm: ");
	say(name);
	say(v->bad ? " FAILED\n" : " ok\n");
	v->failed += v->bad;
	v->bad = false;
}
