/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Page pools in tests: made anew, and allocations that fail when told to. The
 * wrappers stand before the allocator in every program that links the fake
 * (--wrap in meson.build); the allocator itself knows nothing of them.
 */
#include "internal.h"

enum svsm_status __real_svsm_page_alloc(struct svsm_page_account *account,
		unsigned order, void **out);
enum svsm_status __wrap_svsm_page_alloc(struct svsm_page_account *account,
		unsigned order, void **out);
enum svsm_status __real_svsm_page_free(struct svsm_page_account *account,
		void *block, unsigned order);
enum svsm_status __wrap_svsm_page_free(struct svsm_page_account *account,
		void *block, unsigned order);

enum svsm_status __wrap_svsm_page_alloc(struct svsm_page_account *account,
		unsigned order, void **out)
{
	fake_lock_may_take(&account->pool->lock);
	if (fake_fail_now())
		return SVSM_ENOMEM;
	return __real_svsm_page_alloc(account, order, out);
}

enum svsm_status __wrap_svsm_page_free(struct svsm_page_account *account,
		void *block, unsigned order)
{
	fake_lock_may_take(&account->pool->lock);
	return __real_svsm_page_free(account, block, order);
}

void fake_pool_reset(struct svsm_page_pool *pool)
{
	struct svsm_page_account *account = pool->accounts;

	while (account) {
		struct svsm_page_account *next = account->next;

		account->next = NULL;
		account->id = 0;
		account->used = account->peak = 0;
		account = next;
	}
	*pool = (struct svsm_page_pool){ 0 };
}
