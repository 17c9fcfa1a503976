// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* The machine's settings. */
#include "bootfile.h"
#include "config.h"
#include "log.h"
#include "mm.h"
#include "vcpu.h"

#define TEXT_BYTES	4096

struct config config;

static char text[TEXT_BYTES];

/* What follows "key=" at the start of a line, or NULL. */
static const char *find(const char *key)
{
	const char *line = text;

	while (*line) {
		const char *k = key, *t = line;

		while (*k && *t == *k)
			t++, k++;
		if (!*k && *t == '=')
			return t + 1;
		while (*line && *line++ != '\n')
			;
	}
	return NULL;
}

bool config_has(const char *key, const char *word)
{
	const char *t = find(key);

	while (t && *t && *t != '\n') {
		const char *w = word;

		while (*w && *t == *w)
			t++, w++;
		if (!*w && (*t == ',' || *t == '\n' || !*t))
			return true;
		while (*t && *t != '\n' && *t != ',')
			t++;
		if (*t == ',')
			t++;
	}
	return false;
}

const char *config_text(const char *key)
{
	return find(key);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

const char *config_hex(const char *at, uint64_t *value)
{
	const char *t = at;
	uint64_t read = 0;

	for (; hex_digit(*t) >= 0; t++)
		read = read << 4 | (uint64_t)hex_digit(*t);
	if (t == at)
		return NULL;
	*value = read;
	return t;
}

/* The text behind "name=" at the start of a word, or NULL. */
static const char *find_field(const char *t, const char *name)
{
	while (t && *t && *t != '\n') {
		const char *n = name;

		while (*n && *t == *n)
			t++, n++;
		if (!*n && *t == '=')
			return t + 1;
		while (*t && *t != '\n' && *t != ',')
			t++;
		if (*t == ',')
			t++;
	}
	return NULL;
}

bool config_field(const char *key, const char *name, uint64_t *value)
{
	const char *t = find_field(find(key), name);

	if (!t)
		return false;
	if (!config_hex(t, value))
		machine_stop(STOP_REFUSED, "%s= has a %s that is no number",
			     key, name);
	return true;
}

static const char *take_number(const char *key, const char *t, uint64_t *value)
{
	*value = 0;
	if (*t < '0' || *t > '9')
		machine_stop(STOP_REFUSED, "%s= is not a number", key);
	for (; *t >= '0' && *t <= '9'; t++)
		*value = *value * 10 + (uint64_t)(*t - '0');
	return t;
}

static uint64_t number(const char *key, uint64_t fallback)
{
	const char *t = find(key);
	uint64_t value = fallback;

	if (t)
		take_number(key, t, &value);
	return value;
}

unsigned config_numbers(const char *key, uint64_t *out, unsigned max)
{
	const char *t = find(key);
	unsigned count = 0;

	while (t && *t && *t != '\n' && count < max) {
		t = take_number(key, t, &out[count++]);
		if (*t == ',')
			t++;
	}
	if (t && *t && *t != '\n')
		machine_stop(STOP_REFUSED, "%s= has more than %u numbers", key,
			     max);
	return count;
}

/* An ID for each core; 255 is all of them to an APIC in xAPIC mode. */
static void read_apic_ids(void)
{
	unsigned count = config_numbers("apic-ids", config.apic_id, VCPU_MAX);

	for (unsigned i = 0; !count && i < config.smp; i++)
		config.apic_id[i] = i;
	if (count && count != config.smp)
		machine_stop(STOP_REFUSED, "%u APIC IDs for %u cores", count,
			     config.smp);
	for (unsigned i = 0; i < count; i++) {
		if (config.apic_id[i] > 254)
			machine_stop(STOP_REFUSED, "APIC ID %lu is above 254",
				     config.apic_id[i]);
	}
}

struct word {
	const char *name;
	uint32_t bits;
};

static uint32_t words(const char *key, const struct word *table, unsigned count)
{
	uint32_t bits = 0;

	for (unsigned i = 0; i < count; i++) {
		if (config_has(key, table[i].name))
			bits |= table[i].bits;
	}
	return bits;
}

#define WORDS(key, table) words(key, table, sizeof(table) / sizeof(*(table)))

static const struct word trace_words[] = {
	{ "exit", TRACE_EXIT }, { "rmp", TRACE_RMP }, { "ghcb", TRACE_GHCB },
	{ "irq", TRACE_IRQ }, { "npf", TRACE_NPF }, { "vc", TRACE_VC },
	{ "vcpu", TRACE_VCPU }, { "io", TRACE_IO }, { "all", ~0u },
};

static const struct word intercept3_words[] = {
	{ "rdtsc", INTERCEPT_RDTSC }, { "pause", INTERCEPT_PAUSE },
};

static const struct word intercept4_words[] = {
	{ "rdtsc", INTERCEPT_RDTSCP }, { "rdtscp", INTERCEPT_RDTSCP },
	{ "xsetbv", INTERCEPT_XSETBV },
};

void config_init(void)
{
	struct bootfile file;

	if (!bootfile_find(CONFIG_FILE, &file))
		machine_stop(STOP_REFUSED, "fw_cfg has no " CONFIG_FILE);
	if (file.size >= TEXT_BYTES || !bootfile_read(&file, text))
		machine_stop(STOP_REFUSED, CONFIG_FILE " is unreadable");
	config.memory = number("memory", 0);
	config.smp = (unsigned)number("smp", 1);
	config.cbit = (unsigned)number("cbit", 51);
	trace_mask = WORDS("trace", trace_words);
	config.intercept3 = WORDS("intercept", intercept3_words);
	config.intercept4 = WORDS("intercept", intercept4_words);
	if (config.smp < 1 || config.smp > VCPU_MAX)
		machine_stop(STOP_REFUSED, "smp=%u is not 1 to %u", config.smp,
			     VCPU_MAX);
	read_apic_ids();
	if (config.cbit != 51 && config.cbit != 47)
		machine_stop(STOP_REFUSED, "cbit=%u is not 51 or 47",
			     config.cbit);
	if (config.memory < (8ull << 20) || config.memory % HUGE_SIZE)
		machine_stop(STOP_REFUSED, "memory=%lu is too little or not in "
			     "2 MiB steps", config.memory);
}
