/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What the parts of the guest share that speaks to a TPM.
 */
#ifndef PAYLOAD_TPM_H
#define PAYLOAD_TPM_H

#include <stdbool.h>
#include <stdint.h>

#include <svsm/abi/svsm.h>
#include <svsm/abi/vtpm.h>

#include "svsm.h"

#define ADDR		SVSM_ERR_INVALID_ADDRESS
#define PARAM		SVSM_ERR_INVALID_PARAMETER
#define UNSUPPORTED	SVSM_ERR_UNSUPPORTED_CALL
#define BUSY		SVSM_ERR_BUSY
#define INCOMPLETE	SVSM_ERR_INCOMPLETE
#define NO_CALL		(~0ull)

/** Pages of ours: 0 shared by all vCPUs, then buffers, then 6 for each vCPU. */
#define PAGES		0x02000000ull
#define PAGE_COUNT	392u
#define PAGE(n)		(PAGES + (n) * 0x1000ull)
#define BUFFER		PAGE(1)
#define SPARE		PAGE(6)		/* two that may be given up */
#define CPUS		64u
/** Those that run from the start on. */
#define FIRST_CPUS	4u
/** Of vCPU 1 on; VMSA and calling area, stack, buffer. */
#define CPU_VMSA(i)	PAGE(8 + 6 * (i))
#define CPU_CA(i)	PAGE(9 + 6 * (i))
#define CPU_STACK(i)	PAGE(12 + 6 * (i))
#define CPU_BUFFER(i)	PAGE(12 + 6 * (i))

/* ------------------------------------------------------------ the verdict */

struct verdict {
	unsigned failed;	/* names */
	bool bad;		/* of the name at hand */
};

void expect(struct verdict *v, uint64_t got, uint64_t wanted);
void expect_true(struct verdict *v, bool is, const char *what);
/** The command at @p gpa is all right for the protocol; the TPM's code. */
void expect_code(struct verdict *v, uint64_t gpa, uint32_t code);
/** Say it; the next one begins. */
void end_of(struct verdict *v, const char *name);

/* ----------------------------------------------------------- the protocol */

/** One call of CMD, of the vCPU with this calling area (0: the first). */
uint64_t cmd_once(uint64_t ca, uint64_t gpa);
/** ... until it is neither INCOMPLETE nor BUSY. */
uint64_t cmd_as(uint64_t ca, uint64_t gpa);
uint64_t cmd(uint64_t gpa);
void put_head(uint64_t gpa, uint32_t command, uint8_t locality, uint32_t size);
void fill(uint64_t gpa, uint8_t byte, unsigned n);

/* ---------------------------------------------------------- TPM commands */

/** Each puts a whole request to @p gpa. */
void put_startup(uint64_t gpa);
void put_random(uint64_t gpa, uint16_t bytes);
void put_commands_list(uint64_t gpa);
void put_extend(uint64_t gpa);
enum hash { SHA1 = 0x4, SHA256 = 0xb };
void put_pcr_read(uint64_t gpa, enum hash hash);
/** SHA-256 of one byte, of several. */
void put_hash(uint64_t gpa, uint8_t byte);
void put_hash_of(uint64_t gpa, const uint8_t *bytes, unsigned n);
/** A primary key: RSA-2048, which takes longest; P-384 takes some slices. */
void put_rsa_key(uint64_t gpa);
enum curve { P256 = 3, P384 = 4 };
void put_ec_key(uint64_t gpa, enum curve curve);
/** A point for an ECC key, and the secret that it makes of it. */
void put_ecdh(uint64_t gpa, uint32_t key);
/** An NV index of eight bytes: there, and gone. */
void put_define(uint64_t gpa, uint32_t index);
void put_undefine(uint64_t gpa, uint32_t index);
void put_flush(uint64_t gpa, uint32_t handle);
/** Any command without parameters. */
void put_short(uint64_t gpa, uint16_t tag, uint32_t inner, uint32_t code,
	       uint32_t outer);

/** Big-endian, at an offset of the response. */
uint16_t get16(uint64_t gpa, unsigned at);
uint32_t get32(uint64_t gpa, unsigned at);
uint64_t get64(uint64_t gpa, unsigned at);
void get_bytes(uint64_t gpa, unsigned at, uint8_t *to, unsigned n);
uint32_t response_size(uint64_t gpa);
/** Its code; also a wrong length and stale bytes are bad. */
uint32_t response_code(struct verdict *v, uint64_t gpa);

/** First bytes of the digest that put_hash() asks for: of 'A' + @p i. */
uint64_t hash_of(unsigned i);
/** PCR 16, SHA-1 and SHA-256, are as put_extend() made them. */
void expect_pcrs(struct verdict *v);
/** First bytes of the latter. */
uint64_t measured_pcr(void);

/* ----------------------------------------------------------- several vCPUs */

/** The first of them; false: one does not run. */
bool start_vcpus(void);
void long_commands(struct verdict *v);
void flips(struct verdict *v);
void deleted_vcpu(struct verdict *v);
/** All of them; the last to be called. */
void many_vcpus(struct verdict *v);

#endif
