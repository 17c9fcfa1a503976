/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Commands that some version of libtpms does not do safely: the TPM has none
 * of them. The program is linked with --wrap for the functions by which libtpms
 * finds a command, lists those that it has, and tells how many: a system that
 * counts them (Linux does) takes a TPM where that differs for a broken one.
 */
#include <stdint.h>

#define CERTIFY_X509	0x197u

/* libtpms' UNIMPLEMENTED_COMMAND_INDEX and MAX_CAP_CC. */
#define UNIMPLEMENTED	0xffffu
#define LIST_MAX	254u

/** TPML_CCA. Of an attribute the low 16 bits are the command. */
struct command_list {
	uint32_t count;
	uint32_t attributes[LIST_MAX];
};

/** TPML_TAGGED_TPM_PROPERTY. */
struct property_list {
	uint32_t count;
	struct {
		uint32_t property;
		uint32_t value;
	} properties[];
};

#define PT_TOTAL_COMMANDS	0x129u
#define PT_LIBRARY_COMMANDS	0x12au

uint16_t __real_CommandCodeToCommandIndex(uint32_t code);
uint16_t __wrap_CommandCodeToCommandIndex(uint32_t code);
uint8_t __real_CommandCapGetCCList(uint32_t first, uint32_t count,
	struct command_list *list);
uint8_t __wrap_CommandCapGetCCList(uint32_t first, uint32_t count,
	struct command_list *list);

uint8_t __real_TPMCapGetProperties(uint32_t property, uint32_t count,
	struct property_list *list);
uint8_t __wrap_TPMCapGetProperties(uint32_t property, uint32_t count,
	struct property_list *list);

uint16_t __wrap_CommandCodeToCommandIndex(uint32_t code)
{
	if (code == CERTIFY_X509)
		return UNIMPLEMENTED;
	return __real_CommandCodeToCommandIndex(code);
}

static void leave_out(struct command_list *list)
{
	uint32_t kept = 0;
	uint32_t i;

	for (i = 0; i < list->count; i++) {
		if ((list->attributes[i] & 0xffff) != CERTIFY_X509)
			list->attributes[kept++] = list->attributes[i];
	}
	list->count = kept;
}

/* One more than is wanted: it says whether there are more, and takes the place
 * of what is left out. */
uint8_t __wrap_CommandCapGetCCList(uint32_t first, uint32_t count,
	struct command_list *list)
{
	uint32_t ask = count < LIST_MAX ? count + 1 : count;
	uint8_t more = __real_CommandCapGetCCList(first, ask, list);

	leave_out(list);
	if (list->count <= count)
		return more;
	list->count = count;
	return 1;
}

uint8_t __wrap_TPMCapGetProperties(uint32_t property, uint32_t count,
	struct property_list *list)
{
	uint8_t more = __real_TPMCapGetProperties(property, count, list);
	uint32_t i;

	if (__real_CommandCodeToCommandIndex(CERTIFY_X509) == UNIMPLEMENTED)
		return more;
	for (i = 0; i < list->count; i++) {
		uint32_t which = list->properties[i].property;

		if (which == PT_TOTAL_COMMANDS || which == PT_LIBRARY_COMMANDS)
			list->properties[i].value--;
	}
	return more;
}
