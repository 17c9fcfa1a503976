/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Stands in the guest where tpm2-tools look for libcurl, which one of them
 * downloads certificates with. There is nothing to download from.
 */
#include <stddef.h>

#define CURLE_FAILED_INIT 2

int curl_global_init(long flags);
void curl_global_cleanup(void);
void *curl_easy_init(void);
void curl_easy_cleanup(void *handle);
int curl_easy_setopt(void *handle, int option, ...);
int curl_easy_perform(void *handle);
const char *curl_easy_strerror(int code);
char *curl_easy_escape(void *handle, const char *text, int length);
char *curl_easy_unescape(void *handle, const char *text, int length, int *out);
void curl_free(void *text);

int curl_global_init(long flags)
{
	(void)flags;
	return CURLE_FAILED_INIT;
}

void curl_global_cleanup(void)
{
}

void *curl_easy_init(void)
{
	return NULL;
}

void curl_easy_cleanup(void *handle)
{
	(void)handle;
}

int curl_easy_setopt(void *handle, int option, ...)
{
	(void)handle;
	(void)option;
	return CURLE_FAILED_INIT;
}

int curl_easy_perform(void *handle)
{
	(void)handle;
	return CURLE_FAILED_INIT;
}

const char *curl_easy_strerror(int code)
{
	(void)code;
	return "this guest has no libcurl";
}

char *curl_easy_escape(void *handle, const char *text, int length)
{
	(void)handle;
	(void)text;
	(void)length;
	return NULL;
}

char *curl_easy_unescape(void *handle, const char *text, int length, int *out)
{
	(void)handle;
	(void)text;
	(void)length;
	(void)out;
	return NULL;
}

void curl_free(void *text)
{
	(void)text;
}
