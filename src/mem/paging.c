/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Our page tables: mapping, unmapping, finding. See paging.h.
 *
 * Levels are 3 (the root) to 0. An entry that points to a table made here
 * counts the used entries of that table in bits that the processor ignores;
 * at 0 the table is unlinked, and given back when no TLB knows it any more.
 */
#include <svsm/assert.h>
#include <svsm/lock.h>
#include <svsm/paging.h>
#include <svsm/platform.h>
#include <svsm/tlb.h>

#define ROOT		3u
#define LEVELS		4u
#define INDEX_BITS	9
#define INDEX_MASK	((1u << INDEX_BITS) - 1)

/* In an entry that points to a table. */
#define USED_ONE	(1ull << 52)
#define USED_MASK	(0x3ffull << 52)
#define HOOKED		(1ull << 62)	/* the table is not ours to change */

/** The way to an address: the entries that lead there, by level. */
struct path {
	uint64_t *entry[LEVELS];
	unsigned level;		/* of the last one */
};

static struct paging {
	struct svsm_lock lock;
	uint64_t *root;
	uint64_t cbit;
	struct svsm_page_account *pages;
	size_t tables;
	void **retired;		/* empty tables that TLBs may still know */
	bool stale;		/* TLBs may have what the tables have not */
} paging;

void svsm_paging_init(uint64_t *root, uint64_t cbit)
{
	paging = (struct paging){ .root = root, .cbit = cbit };
}

void svsm_paging_set_pages(struct svsm_page_account *pages)
{
	paging.pages = pages;
}

size_t svsm_paging_tables(void)
{
	return __atomic_load_n(&paging.tables, __ATOMIC_RELAXED);
}

static unsigned index_of(uintptr_t va, unsigned level)
{
	return (unsigned)(va >> (SVSM_PAGE_SHIFT + level * INDEX_BITS)) &
	       INDEX_MASK;
}

static uint64_t *table_of(uint64_t entry)
{
	return (uint64_t *)(uintptr_t)
		(entry & SVSM_PTE_ADDRESS & ~paging.cbit);
}

static uint64_t link_to(const void *table)
{
	return (uintptr_t)table | paging.cbit | SVSM_PTE_PRESENT |
	       SVSM_PTE_WRITE | SVSM_PTE_ACCESSED;
}

static bool is_leaf(uint64_t entry, unsigned level)
{
	return level == 0 || (entry & SVSM_PTE_HUGE);
}

/* Down to the entry that maps @va, or to the first one that is missing. */
static void walk(uintptr_t va, struct path *path)
{
	uint64_t *table = paging.root;

	svsm_assert(table);
	for (path->level = ROOT;; path->level--) {
		uint64_t *entry = &table[index_of(va, path->level)];

		path->entry[path->level] = entry;
		if (!(*entry & SVSM_PTE_PRESENT) ||
		    is_leaf(*entry, path->level))
			return;
		table = table_of(*entry);
	}
}

static bool is_mapped(const struct path *path)
{
	return *path->entry[path->level] & SVSM_PTE_PRESENT;
}

static bool is_hooked(const struct path *path)
{
	for (unsigned level = ROOT; level > path->level; level--)
		if (*path->entry[level] & HOOKED)
			return true;
	return false;
}

static bool in_space(uintptr_t va)
{
	return va >= SVSM_PAGING_START && va < SVSM_PAGING_END;
}

/* Other CPUs' walkers read entries at any time. */
static void store(uint64_t *entry, uint64_t value)
{
	__atomic_store_n(entry, value, __ATOMIC_RELEASE);
}

/* One entry more in the table that holds the path's entry at @level. */
static void count_up(struct path *path, unsigned level)
{
	if (level < ROOT)
		store(path->entry[level + 1],
		      *path->entry[level + 1] + USED_ONE);
}

/* ------------------------------------------------------------------ tables */

static void table_give_back(void *table)
{
	svsm_assert(svsm_page_free(paging.pages, table, 0) == SVSM_OK);
	paging.tables--;
}

static enum svsm_status
tables_take(uint64_t *table[LEVELS], unsigned count)
{
	if (count && !paging.pages)
		return SVSM_ENOMEM;
	for (unsigned i = 0; i < count; i++) {
		enum svsm_status status;
		void *page;

		status = svsm_page_alloc(paging.pages, 0, &page);
		if (status != SVSM_OK) {
			while (i--)
				table_give_back(table[i]);
			return status;
		}
		table[i] = page;
		paging.tables++;
	}
	return SVSM_OK;
}

/* Lengthen the path down to @level. All tables are there before the first is
 * linked: to unlink one again would take a flush. */
static enum svsm_status
path_extend(struct path *path, uintptr_t va, unsigned level)
{
	uint64_t *table[LEVELS];
	unsigned count = path->level - level;
	enum svsm_status status = tables_take(table, count);

	if (status != SVSM_OK)
		return status;
	for (unsigned i = 0; i < count; i++) {
		store(path->entry[path->level], link_to(table[i]));
		count_up(path, path->level);
		path->level--;
		path->entry[path->level] =
			&table[i][index_of(va, path->level)];
	}
	return SVSM_OK;
}

/* The entry at @level has gone: unlink the tables that are empty now. */
static void path_shrink(struct path *path, unsigned level)
{
	for (level++; level <= ROOT; level++) {
		uint64_t *entry = path->entry[level];
		void **table = (void **)table_of(*entry);

		store(entry, *entry - USED_ONE);
		if (*entry & USED_MASK)
			return;
		store(entry, 0);
		*table = paging.retired;	/* bit 0 is 0: not present */
		paging.retired = table;
	}
}

static enum svsm_status flush(void)
{
	enum svsm_status status = svsm_tlb_flush();

	if (status != SVSM_OK)
		return status;
	paging.stale = false;
	while (paging.retired) {
		void **table = paging.retired;

		paging.retired = *table;
		table_give_back(table);
	}
	return SVSM_OK;
}

/* ----------------------------------------------------------------- mapping */

/* A CPU that still knows an unlinked table would not find what is mapped in
 * the one that takes its place. */
static enum svsm_status prepare(uintptr_t va, unsigned level, struct path *path)
{
	enum svsm_status status = paging.retired ? flush() : SVSM_OK;

	if (status != SVSM_OK)
		return status;
	walk(va, path);
	if (is_mapped(path) || path->level < level || is_hooked(path))
		return SVSM_EEXIST;
	return path_extend(path, va, level);
}

enum svsm_status
svsm_paging_map(void *va, const struct svsm_mapping *mapping)
{
	unsigned level = mapping->size == SVSM_PAGE_2M;
	enum svsm_status status;
	struct path path;

	if (!in_space((uintptr_t)va) ||
	    !svsm_is_aligned((uintptr_t)va, svsm_page_bytes(mapping->size)) ||
	    !svsm_pte_can_map(mapping->gpa, mapping->size, paging.cbit))
		return SVSM_EINVAL;
	svsm_lock_acquire(&paging.lock);
	status = prepare((uintptr_t)va, level, &path);
	if (status == SVSM_OK) {
		svsm_plat_pte_set(path.entry[level],
				  svsm_pte_make(mapping, paging.cbit), va);
		count_up(&path, level);
	}
	svsm_lock_release(&paging.lock);
	return status;
}

enum svsm_status svsm_paging_hook(void *va, const uint64_t *directory)
{
	const unsigned level = 2;
	enum svsm_status status;
	struct path path;

	if (!in_space((uintptr_t)va) ||
	    !svsm_is_aligned((uintptr_t)va, SVSM_HUGE_BYTES << INDEX_BITS))
		return SVSM_EINVAL;
	svsm_lock_acquire(&paging.lock);
	status = prepare((uintptr_t)va, level, &path);
	if (status == SVSM_OK) {
		store(path.entry[level], link_to(directory) | HOOKED);
		count_up(&path, level);
	}
	svsm_lock_release(&paging.lock);
	return status;
}

/* The lock is held. */
static enum svsm_status unmap(void *va, struct svsm_mapping *was)
{
	struct path path;
	uint64_t *entry;

	walk((uintptr_t)va, &path);
	if (!is_mapped(&path))
		return SVSM_ENOENT;
	entry = path.entry[path.level];
	*was = svsm_pte_read(*entry, paging.cbit);
	if (is_hooked(&path) ||
	    !svsm_is_aligned((uintptr_t)va, svsm_page_bytes(was->size)))
		return SVSM_EINVAL;
	svsm_plat_pte_set(entry, 0, va);
	paging.stale = true;
	path_shrink(&path, path.level);
	return SVSM_OK;
}

enum svsm_status svsm_paging_unmap(void *va, struct svsm_mapping *out)
{
	enum svsm_status status;
	struct svsm_mapping was;

	if (!in_space((uintptr_t)va) ||
	    !svsm_is_aligned((uintptr_t)va, SVSM_PAGE_BYTES))
		return SVSM_EINVAL;
	svsm_lock_acquire(&paging.lock);
	status = unmap(va, &was);
	svsm_lock_release(&paging.lock);
	if (status == SVSM_OK && out)
		*out = was;
	return status;
}

enum svsm_status svsm_paging_flush(void)
{
	enum svsm_status status = SVSM_OK;

	svsm_lock_acquire(&paging.lock);
	if (paging.stale)
		status = flush();
	svsm_lock_release(&paging.lock);
	return status;
}

/* -------------------------------------------------------------- the region */

enum svsm_status
svsm_paging_find(const void *va, struct svsm_mapping *out)
{
	enum svsm_status status = SVSM_ENOENT;
	struct path path;

	svsm_lock_acquire(&paging.lock);
	walk((uintptr_t)va, &path);
	if (is_mapped(&path)) {
		*out = svsm_pte_read(*path.entry[path.level], paging.cbit);
		status = SVSM_OK;
	}
	svsm_lock_release(&paging.lock);
	return status;
}

static enum svsm_status set_private(void *va, bool private)
{
	struct path path;
	uint64_t *entry;
	uint64_t value;

	walk((uintptr_t)va, &path);
	if (!is_mapped(&path))
		return SVSM_ENOENT;
	if (path.level)
		return SVSM_ESIZE;
	entry = path.entry[0];
	value = *entry & ~paging.cbit;
	if (private)
		value |= paging.cbit;
	svsm_plat_pte_set(entry, value, va);
	paging.stale = true;
	return SVSM_OK;
}

enum svsm_status svsm_paging_set_private(void *va, bool private)
{
	enum svsm_status status;

	if (!svsm_is_aligned((uintptr_t)va, SVSM_PAGE_BYTES))
		return SVSM_EINVAL;
	svsm_lock_acquire(&paging.lock);
	status = set_private(va, private);
	svsm_lock_release(&paging.lock);
	return status;
}
