/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* The machine's settings: "key=value" lines of snpemu-run, by fw_cfg. */
#ifndef SNPEMU_L1_CONFIG_H
#define SNPEMU_L1_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#define CONFIG_FILE	"opt/org.svsmkit.snpemu/config"
#define IMAGE_FILE	"opt/org.svsmkit.snpemu/image"

struct config {
	uint64_t memory;	/* memory=BYTES */
	unsigned smp;		/* smp=N */
	uint64_t apic_id[64];	/* apic-ids=A,B,...: the BSP's is first */
	unsigned cbit;		/* cbit=51 or 47 */
	uint32_t intercept3;	/* intercept=rdtsc,... beyond the default */
	uint32_t intercept4;
};

extern struct config config;

/* Read, check, and apply trace=; stops the machine on nonsense. */
void config_init(void);

/* The comma separated numbers of @key; how many, 0 without such a key. */
unsigned config_numbers(const char *key, uint64_t *out, unsigned max);

/* The value of @key, as far as the line goes; NULL when there is none. */
const char *config_text(const char *key);

/* Reads a hexadecimal number; returns what follows, NULL when there is none. */
const char *config_hex(const char *at, uint64_t *value);

/* Is there "name=NUMBER", hexadecimal, in the value of @key? */
bool config_field(const char *key, const char *name, uint64_t *value);

/* True when the comma separated value of @key has the word @word. */
bool config_has(const char *key, const char *word);

#endif
