/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Two libraries and three ways to a TPM: see tpm_bench.h. Ours is one TPM,
 * reached in two ways.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tpm_bench.h"
#include "vtpm/command.h"

const char *const side_names[SIDES] = {
	"OpenSSL", "libtpms on the provider", "as in a cell"
};

static struct tpm_library theirs;
static struct tpm_library ours;
static struct tpm_library cell;
static bool (*start_cell)(void);
static size_t (*serve)(uint8_t *command, size_t len, uint8_t *response);
static struct shared_figures *figures;
static void (**watcher)(void);

_Noreturn void bench_fail(const char *what)
{
	fprintf(stderr, "tpm_bench: %s\n", what);
	exit(1);
}

static void find(void *library, const char *name, void *out)
{
	void *symbol = dlsym(library, name);

	if (!symbol)
		bench_fail(name);
	memcpy(out, &symbol, sizeof(symbol));
}

static void *load(const char *path, struct tpm_library *l)
{
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (!library)
		bench_fail(dlerror());
	find(library, "TPMLIB_ChooseTPMVersion", &l->choose);
	find(library, "TPMLIB_RegisterCallbacks", &l->callbacks);
	find(library, "TPMLIB_MainInit", &l->init);
	find(library, "TPMLIB_Process", &l->process);
	find(library, "TPMLIB_Terminate", &l->terminate);
	find(library, "TPMLIB_GetState", &l->get_state);
	return library;
}

static TPM_RESULT process_in_cell(unsigned char **response, uint32_t *len,
	uint32_t *room, unsigned char *command, uint32_t size)
{
	static unsigned char buffer[VTPM_RESPONSE_BYTES];

	*response = buffer;
	*room = sizeof(buffer);
	*len = (uint32_t)serve(command, size, buffer);
	return TPM_SUCCESS;
}

void sides_load(const char *our_path, const char *their_path)
{
	void *library = load(our_path, &ours);

	load(their_path, &theirs);
	find(library, "vtpm_start", &start_cell);
	find(library, "vtpm_serve", &serve);
	find(library, "shared_figures", &figures);
	find(library, "shared_watch", &watcher);
	if (ours.process == theirs.process)
		bench_fail("both libraries are one");
	cell = ours;
	cell.process = process_in_cell;
}

/* The state that ours made is what the other one starts with. */
static void share_seeds(void)
{
	unsigned char *state;
	uint32_t len;

	if (ours.get_state(TPMLIB_STATE_PERMANENT, &state, &len) ||
	    len > sizeof(tpm_nv))
		bench_fail("there is no state");
	memcpy(tpm_nv, state, len);
	tpm_nv_len = len;
	free(state);
}

static void start_ours(void)
{
	static bool started;
	static struct tpm t = { .library = &ours };

	if (started)
		return;
	started = true;
	if (!start_cell() || tpm_power_on(&t))
		bench_fail("our TPM does not start");
	share_seeds();
}

void side_start(struct side *side, enum side_kind kind)
{
	start_ours();
	memset(side, 0, sizeof(*side));
	side->t.library = kind == SIDE_CELL ? &cell : &ours;
	if (kind == SIDE_OPENSSL && (tpm_start(&side->t, &theirs) ||
		tpm_power_on(&side->t)))
		bench_fail("the other TPM does not start");
	side_prepare(side);
}

struct shared_figures *side_figures(void)
{
	return figures;
}

void side_watch(void (*watch)(void))
{
	*watcher = watch;
}
