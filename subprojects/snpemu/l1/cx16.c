// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/*
 * CMPXCHG16B on QEMU 7.2 leaves operands of earlier instructions in RFLAGS.
 *
 * The translator does not tell the helper which flags are current, and a
 * #VMEXIT behind the instruction then stores them: TF, NT or VM appear in the
 * guest out of nothing, seen as a double fault in Linux's allocator. QEMU 8
 * translates the instruction in another way.
 */
#include "hostside.h"

#define RFLAGS_BITS	22		/* none is defined above */
#define NO_FLAGS	0xffffffff821f04c0ull

bool cx16_is_sound(void)
{
	static uint64_t cell[2] __attribute__((aligned(16)));
	uint64_t flags, sum = 0, low = 0, high = 0;

	/* POPF ends the translated block; ADD's operand is what leaks. */
	__asm__ volatile("pushq $2; popfq\n\t"
			 "add %[operand], %[sum]\n\t"
			 "cmpxchg16b %[cell]\n\t"
			 "pushfq; popq %[flags]"
			 : [sum] "+r"(sum), [cell] "+m"(cell),
			   [flags] "=r"(flags), "+a"(low), "+d"(high)
			 : [operand] "r"(NO_FLAGS), "b"(1ull), "c"(2ull)
			 : "cc");
	return !(flags >> RFLAGS_BITS);
}
