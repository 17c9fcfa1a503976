/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What the hostile cell does, for it and for the SVSM that looks at it.
 */
#ifndef HOSTILE_H
#define HOSTILE_H

/** Whatever exception the processor likes. */
#define ANY	255

/* Instructions that end the cell: name, text, vector of the exception. */
#define HOSTILE_INSNS(X)						\
	X(UD2, "ud2", 6)						\
	X(CLI, "cli", 13)						\
	X(STI, "sti", 13)						\
	X(HLT, "hlt", 13)						\
	X(IN, "in $0x80, %%al", 13)					\
	X(OUT, "out %%al, $0x80", 13)					\
	X(RDMSR, "mov $0xc0000080, %%ecx; rdmsr", 13)			\
	X(WRMSR, "mov $0xc0000100, %%ecx; wrmsr", 13)			\
	X(GET_CR3, "mov %%cr3, %%rax", 13)				\
	X(SET_CR3, "xor %%eax, %%eax; mov %%rax, %%cr3", 13)		\
	X(SET_CR4, "xor %%eax, %%eax; mov %%rax, %%cr4", 13)		\
	X(SET_DR7, "xor %%eax, %%eax; mov %%rax, %%dr7", 13)		\
	X(LGDT, "lgdt (%%rsp)", 13)					\
	X(LIDT, "lidt (%%rsp)", 13)					\
	X(LTR, "mov $0x20, %%eax; ltr %%ax", 13)			\
	X(LLDT, "xor %%eax, %%eax; lldt %%ax", 13)			\
	X(CLTS, "clts", 13)						\
	X(LMSW, "lmsw %%ax", 13)					\
	X(INVLPG, "invlpg (%%rsp)", 13)					\
	X(WBINVD, "wbinvd", 13)						\
	X(INVD, "invd", 13)						\
	X(SWAPGS, "swapgs", 13)						\
	X(SGDT, "sgdt -16(%%rsp)", 13)					\
	X(SIDT, "sidt -16(%%rsp)", 13)					\
	X(SMSW, "smsw %%eax", 13)					\
	X(STR, "str %%eax", 13)						\
	X(RDPMC, "xor %%ecx, %%ecx; rdpmc", 13)				\
	X(INT80, "int $0x80", 13)					\
	X(INT_NMI, "int $2", 13)					\
	X(INT_VC, "int $29", 13)					\
	X(INT3, "int3", 13)						\
	X(INT1, ".byte 0xf1", ANY)	/* QEMU 7.2 does not know it */	\
	X(DIVIDE, "xor %%ecx, %%ecx; div %%ecx", 0)			\
	X(KERNEL_SS, "mov $0x10, %%eax; mov %%eax, %%ss", 13)		\
	X(KERNEL_DS, "mov $0x10, %%eax; mov %%eax, %%ds", 13)		\
	X(FAR_CALL, "mov $8, %%eax; shl $32, %%rax; push %%rax; "	\
	  "lcall *(%%rsp)", 13)						\
	X(IOPL, "pushf; orl $0x3000, (%%rsp); popf; cli", 13)		\
	/* QEMU reads the stack as ring 0 here, and meets SMAP. */	\
	X(IRET, "push $0x10; push %%rsp; push $2; push $8; push $0; iretq", \
	  ANY)								\
	X(FAR_RET, "push $8; push $0; lretq", ANY)			\
	X(NO_ADDRESS, "mov $1, %%eax; shl $47, %%rax; jmp *%%rax", 13)	\
	X(NO_POINTER, "mov $1, %%eax; shl $47, %%rax; mov (%%rax), %%al", 13) \
	X(SINGLE_STEP, "pushf; orl $0x100, (%%rsp); popf; nop", 1)	\
	X(VMMCALL, "vmmcall", 29)					\
	X(XGETBV, "xor %%ecx, %%ecx; xgetbv", 6)			\
	X(XSETBV, "xor %%ecx, %%ecx; xsetbv", ANY)			\
	X(RDPKRU, "xor %%ecx, %%ecx; .byte 0x0f, 0x01, 0xee", 6)	\
	X(WRFSBASE, ".byte 0xf3, 0x48, 0x0f, 0xae, 0xd0", 6)		\
	X(WRGSBASE, ".byte 0xf3, 0x48, 0x0f, 0xae, 0xd8", 6)		\
	X(STAC, "stac", ANY)						\
	X(CLAC, "clac", ANY)						\
	X(PVALIDATE, ".byte 0xf2, 0x0f, 0x01, 0xff", ANY)		\
	X(RMPADJUST, ".byte 0xf3, 0x0f, 0x01, 0xfe", ANY)		\
	X(RMPUPDATE, ".byte 0xf2, 0x0f, 0x01, 0xfe", 13)		\
	X(PSMASH, ".byte 0xf3, 0x0f, 0x01, 0xff", 13)			\
	X(INVLPGB, ".byte 0x0f, 0x01, 0xfe", ANY)			\
	X(INVLPGA, ".byte 0x0f, 0x01, 0xdf", ANY)			\
	X(SYSENTER, "sysenter", ANY)					\
	X(SYSRET, "sysretq", ANY)					\
	X(VMRUN, ".byte 0x0f, 0x01, 0xd8", ANY)				\
	X(VMLOAD, ".byte 0x0f, 0x01, 0xda", ANY)			\
	X(VMSAVE, ".byte 0x0f, 0x01, 0xdb", ANY)			\
	X(STGI, ".byte 0x0f, 0x01, 0xdc", ANY)				\
	X(CLGI, ".byte 0x0f, 0x01, 0xdd", ANY)				\
	X(SKINIT, ".byte 0x0f, 0x01, 0xde", ANY)			\
	X(MONITOR, "monitor", ANY)					\
	X(MWAIT, "mwait", ANY)

enum hostile {
#define X(name, text, vector) HOSTILE_##name,
	HOSTILE_INSNS(X)
#undef X
	HOSTILE_INSN_COUNT,

	/* at the address in the buffer: a page fault each */
	HOSTILE_READ = 100,
	HOSTILE_WRITE,
	HOSTILE_EXECUTE,

	/* what else ends it */
	HOSTILE_DEEP = 200,	/* recursion */
	HOSTILE_SMASH,		/* writes past an array of its stack */
	HOSTILE_RETURN,
	HOSTILE_UNKNOWN_CALL,
	HOSTILE_FOREVER,	/* yields, and never replies */
	HOSTILE_CPUIDS,		/* as many as it can */
	HOSTILE_LOOP,		/* does not even yield */

	/* what does not: the reply is 1 if it went as it should */
	HOSTILE_ECHO = 300,
	HOSTILE_BAD_ARGUMENTS,
	HOSTILE_VMGEXIT,
	HOSTILE_FLAGS,
	HOSTILE_SEGMENTS,
	HOSTILE_NO_STACK,	/* a call with RSP elsewhere */
	HOSTILE_FLOAT,		/* SSE and x87 with all exceptions on */
	HOSTILE_HEAP,		/* takes all there is */
	HOSTILE_STORE,
	HOSTILE_CPUID,
	HOSTILE_KEPT,		/* registers and red zone over yields */
	HOSTILE_FRESH,		/* data as linked, .bss zero, then spoilt */
	HOSTILE_STACK,		/* a call with RSP as the request says */

	/* works for as many ticks as the request says, without a call; the
	 * buffer's second word is 1 meanwhile */
	HOSTILE_LONG = 400,
};

#endif
