/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* The firmware's status codes in words. */
#include "launch.h"

const char *psp_status_text(enum psp_status status)
{
	switch (status) {
	case PSP_SUCCESS:
		return "success";
	case PSP_INVALID_PLATFORM_STATE:
		return "the platform is in the wrong state";
	case PSP_INVALID_GUEST_STATE:
		return "the guest is in the wrong state";
	case PSP_INVALID_CONFIG:
		return "the configuration is wrong";
	case PSP_INVALID_LENGTH:
		return "a length is wrong";
	case PSP_POLICY_FAILURE:
		return "the guest policy is not acceptable";
	case PSP_INACTIVE:
		return "the guest has no ASID";
	case PSP_INVALID_ADDRESS:
		return "an address is wrong";
	case PSP_BAD_SIGNATURE:
		return "a signature is wrong";
	case PSP_BAD_MEASUREMENT:
		return "the launch digest is not the expected one";
	case PSP_INVALID_GUEST:
		return "there is no such guest";
	case PSP_INVALID_PARAM:
		return "a parameter is wrong";
	case PSP_INVALID_PAGE_SIZE:
		return "a page has the wrong size";
	case PSP_INVALID_PAGE_STATE:
		return "a page is in the wrong state";
	case PSP_INVALID_MDATA_ENTRY:
		return "a metadata entry is wrong";
	case PSP_INVALID_PAGE_OWNER:
		return "a page belongs to another guest";
	}
	return "unknown firmware status";
}
