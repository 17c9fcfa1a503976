// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* The least a probe can do: if this fails look at the runtime first. */
#include "probe.h"

PROBE(hello)
{
	say("hello from VMPL0\n");
}

/* The transcript has the frame of a #VC in 32-bit protected mode. */
extern uint32_t legacy_error, legacy_eip, legacy_cs, legacy_frame_end;
extern uint32_t legacy_esp;
extern char legacy_at[];

PROBE(legacy_vc_uses_a_32_bit_frame)
{
	say("error code %x\n", (uint64_t)legacy_error);
	say("eip is %s\n", legacy_eip == (uint32_t)(uint64_t)legacy_at ?
	    "the instruction" : "wrong");
	say("cs %x\n", (uint64_t)legacy_cs);
	say("frame ends at the old esp: %u\n",
	    (uint64_t)(legacy_frame_end == legacy_esp));
}

/* Its headers are for SNP and for a platform that the image does not name. */
PROBE(image_with_bits_of_no_platform_runs)
{
	say("hello from VMPL0\n");
}
