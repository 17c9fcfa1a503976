/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Storage for a cell in pages of ours. A new content is complete before the
 * old one goes.
 */
#include <svsm/cell.h>

static struct svsm_cell_memory *memory_of(struct svsm_cell_store *store)
{
	return (struct svsm_cell_memory *)store;	/* its first member */
}

static enum svsm_status
memory_get(struct svsm_cell_store *store, uint32_t slot,
	   const struct svsm_cell_bytes *to, size_t *len)
{
	struct svsm_cell_memory *memory = memory_of(store);

	if (slot >= SVSM_CELL_SLOTS)
		return SVSM_EINVAL;
	if (!memory->slot[slot].used)
		return SVSM_ENOENT;
	*len = memory->slot[slot].len;
	if (*len > to->len)
		return SVSM_ESIZE;
	svsm_cell_bytes_write(to, 0, memory->slot[slot].block, *len);
	return SVSM_OK;
}

/* The smallest block that holds so many bytes. */
static unsigned order_for(size_t len)
{
	unsigned order = 0;

	while (SVSM_PAGE_BYTES << order < len)
		order++;
	return order;
}

static enum svsm_status
memory_put(struct svsm_cell_store *store, uint32_t slot,
	   const struct svsm_cell_bytes *from)
{
	struct svsm_cell_memory *memory = memory_of(store);
	unsigned order;
	enum svsm_status status;
	void *block, *old;

	if (slot >= SVSM_CELL_SLOTS || from->len > SVSM_CELL_SLOT_MAX)
		return SVSM_EINVAL;
	order = order_for(from->len);
	status = svsm_page_alloc(memory->account, order, &block);
	if (status != SVSM_OK)
		return status;
	svsm_cell_bytes_read(from, 0, block, from->len);
	old = memory->slot[slot].block;
	memory->slot[slot].block = block;
	memory->slot[slot].len = from->len;
	memory->slot[slot].used = true;
	status = svsm_page_free(memory->account, old, memory->slot[slot].order);
	memory->slot[slot].order = order;
	return status;
}

void svsm_cell_memory_init(struct svsm_cell_memory *memory,
			   struct svsm_page_account *account)
{
	memory->store = (struct svsm_cell_store){
		memory_get, memory_put
	};
	memory->account = account;
}
