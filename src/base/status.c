/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Names of statuses.
 */
#include <svsm/status.h>

/* One string and offsets would be smaller still; this one is readable. */
static const char names[SVSM_STATUS_COUNT][10] = {
	[SVSM_OK] = "OK",
	[SVSM_EINVAL] = "EINVAL",
	[SVSM_EADDR] = "EADDR",
	[SVSM_EFAULT] = "EFAULT",
	[SVSM_ENOMEM] = "ENOMEM",
	[SVSM_ENOENT] = "ENOENT",
	[SVSM_EEXIST] = "EEXIST",
	[SVSM_EBUSY] = "EBUSY",
	[SVSM_ESTATE] = "ESTATE",
	[SVSM_ESIZE] = "ESIZE",
	[SVSM_EPERM] = "EPERM",
	[SVSM_ENOSYS] = "ENOSYS",
	[SVSM_EFORMAT] = "EFORMAT",
	[SVSM_EAGAIN] = "EAGAIN",
	[SVSM_ETIME] = "ETIME",
	[SVSM_EHOST] = "EHOST",
	[SVSM_EFOREIGN] = "EFOREIGN",
	[SVSM_EINTERIOR] = "EINTERIOR",
	[SVSM_EDOUBLE] = "EDOUBLE",
	[SVSM_EORDER] = "EORDER",
	[SVSM_EOWNER] = "EOWNER",
	[SVSM_ECORRUPT] = "ECORRUPT",
};

const char *svsm_status_name(enum svsm_status status)
{
	if ((unsigned)status >= SVSM_STATUS_COUNT)
		return "?";
	return names[status];
}
