/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What the guest of this image has to know of it.
 */
#ifndef TPM_IMAGE_H
#define TPM_IMAGE_H

#define TPM_IMAGE_PROTOCOL	0x40000004u

enum tpm_image_call {
	/** From now on a command dies that takes more than RCX slices; 0: as at
	 *  the start. */
	TPM_IMAGE_SLICES = 0,
	/** RCX: ticks of a slice, out. */
	TPM_IMAGE_SLICE = 1,
};

/** With the memory of run.ini: the end of it, and where the SVSM is. */
#define TPM_IMAGE_MEMORY_END	0x10000000ull
#define TPM_IMAGE_REGION	0x7e000000ull

#endif
