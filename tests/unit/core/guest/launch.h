/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A fake machine on which a firmware image waits to be started.
 */
#ifndef GUEST_LAUNCH_H
#define GUEST_LAUNCH_H

#include <check.h>
#include <stdbool.h>

#include <svsm/abi/cpuid.h>
#include <svsm/abi/secrets.h>
#include <svsm/abi/snp.h>
#include <svsm/firmware.h>
#include <svsm/page.h>
#include <svsm/rmp.h>

#include "fake.h"
#include "firmware_image.h"

#define FOUR_GIB	0x100000000ull
#define REGION		0x08000000ull
#define REGION_LEN	0x00400000ull
#define PAGE		0x1000ull
/** Offset of the page pool in the region. */
#define POOL		0x10000ull
#define POOL_LEN	0x20000ull
/** Exits of an honest launch: page state changes and one AP creation. */
#define EXITS		16u

extern struct svsm_params launch_params;
extern struct svsm_refusal launch_why;
/** Whose pages are in use, for a test that wants few to be left. */
extern struct svsm_page_account launch_hog;

/** Memory up to 1 GiB, shared; the image, valid; keys that are secrets. */
void launch_setup(void);
/** Another round within a test. */
void launch_restart(void);
/** Another end of memory. */
void launch_make_guest(uint64_t memory);
/** ... and another number of runs of the ownership map. */
void launch_make_guest_with(uint64_t memory, size_t runs);
/** After a change of `image`. */
void launch_put_image(void);
struct svsm_abi_secrets *launch_secrets(void);
/** Our CPUID page as the guest should see it. */
void launch_cpuid_for_guest(struct svsm_abi_cpuid_page *page);

enum svsm_status launch_firmware(void);
/** ... from an image in another place. */
enum svsm_status launch_image(uint64_t start, uint64_t len);

#endif
