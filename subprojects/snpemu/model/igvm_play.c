/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* IGVM: load a checked file through callbacks, in QEMU's order. */
#include "igvm_internal.h"

const char igvm_unsupported[] = "the header type is not supported";

struct play {
	const struct igvm_file *file;
	const struct igvm_ops *ops;
	void *ctx;
	struct igvm_error *error;
	uint8_t *area[IGVM_MAX_AREAS];
	uint32_t group;		/* first page-data header not yet loaded */
	uint32_t group_end;	/* behind the last; equal: no group */
	struct igvm_tlv last;	/* of the group */
	uint32_t id_block;	/* its offset; 0: none */
};

static bool result(struct play *play, const struct igvm_tlv *tlv,
		   const char *reason)
{
	return !reason || igvm_refuse(play->error, tlv->offset, reason);
}

/* ------------------------------------------------------------------- pages */

static enum rmp_page_type type_of(const struct igvm_tlv *tlv)
{
	switch (load16(tlv->content + PAGE_TYPE)) {
	case PAGE_TYPE_SECRETS:
		return RMP_TYPE_SECRETS;
	case PAGE_TYPE_CPUID:
	case PAGE_TYPE_CPUID_XF:
		return RMP_TYPE_CPUID;
	}
	if (load32(tlv->content + PAGE_FLAGS) & PAGE_FLAG_UNMEASURED)
		return RMP_TYPE_UNMEASURED;
	return load32(tlv->content + PAGE_OFFSET) ? RMP_TYPE_NORMAL :
						    RMP_TYPE_ZERO;
}

static bool load_page(struct play *play, const struct igvm_tlv *tlv)
{
	uint32_t offset = load32(tlv->content + PAGE_OFFSET);
	struct igvm_page page = {
		.offset = tlv->offset,
		.gpa = load64(tlv->content + GPA_GPA),
		.type = type_of(tlv),
		.data = offset ? play->file->data + offset : NULL,
	};

	return result(play, tlv, play->ops->page(play->ctx, &page));
}

static const char *memory(struct play *play, const struct igvm_tlv *tlv,
			  uint64_t bytes)
{
	return play->ops->memory(play->ctx, load64(tlv->content + GPA_GPA),
				 bytes);
}

/* Their addresses follow each other. */
static bool prepare_group(struct play *play)
{
	struct igvm_tlv first = igvm_tlv_at(play->file, play->group);
	uint64_t pages = (play->group_end - play->group) /
			 (igvm_tlv_end(&first) - first.offset);

	return result(play, &first,
		      memory(play, &first, pages * RMP_PAGE_BYTES));
}

/* The headers of a group stand side by side, so two offsets describe it. */
static bool flush(struct play *play)
{
	struct igvm_tlv tlv;

	if (play->group != play->group_end && !prepare_group(play))
		return false;
	for (uint32_t at = play->group; at < play->group_end;
	     at = (uint32_t)igvm_tlv_end(&tlv)) {
		tlv = igvm_tlv_at(play->file, at);
		if (!load_page(play, &tlv))
			return false;
	}
	play->group = play->group_end;
	return true;
}

static bool joins(const struct play *play, const struct igvm_tlv *tlv)
{
	const uint8_t *a = play->last.content, *b = tlv->content;

	return play->group != play->group_end &&
	       play->group_end == tlv->offset &&
	       load64(a + GPA_GPA) + RMP_PAGE_BYTES == load64(b + GPA_GPA) &&
	       load32(a + GPA_MASK) == load32(b + GPA_MASK) &&
	       load32(a + PAGE_FLAGS) == load32(b + PAGE_FLAGS) &&
	       load16(a + PAGE_TYPE) == load16(b + PAGE_TYPE) &&
	       !load32(a + PAGE_OFFSET) == !load32(b + PAGE_OFFSET);
}

static bool play_page(struct play *play, const struct igvm_tlv *tlv)
{
	if (!joins(play, tlv)) {
		if (!flush(play))
			return false;
		play->group = tlv->offset;
	}
	play->group_end = (uint32_t)igvm_tlv_end(tlv);
	play->last = *tlv;
	return true;
}

/* -------------------------------------------------------------- parameters */

static bool play_area(struct play *play, const struct igvm_tlv *tlv)
{
	uint32_t index = load32(tlv->content + AREA_INDEX);

	return result(play, tlv,
		      play->ops->area(play->ctx, index,
				      play->file->area_size[index],
				      &play->area[index]));
}

static bool play_insert(struct play *play, const struct igvm_tlv *tlv)
{
	uint32_t index = load32(tlv->content + INSERT_AREA);
	uint32_t bytes = play->file->area_size[index];
	struct igvm_page page = {
		.offset = tlv->offset,
		.gpa = load64(tlv->content + GPA_GPA),
		.type = RMP_TYPE_UNMEASURED,
	};

	if (!result(play, tlv, memory(play, tlv, bytes)))
		return false;
	for (uint32_t at = 0; at < bytes; at += (uint32_t)RMP_PAGE_BYTES) {
		page.data = play->area[index] + at;
		if (!result(play, tlv, play->ops->page(play->ctx, &page)))
			return false;
		page.gpa += RMP_PAGE_BYTES;
	}
	return true;
}

static bool play_word(struct play *play, const struct igvm_tlv *tlv)
{
	uint32_t index = load32(tlv->content + USE_AREA);
	uint32_t offset = load32(tlv->content + USE_OFFSET);
	uint32_t word = 1;	/* environment: memory is shared at first */

	if (tlv->type == IGVM_VP_COUNT)
		word = play->ops->vp_count(play->ctx);
	memcpy(play->area[index] + offset, &word, sizeof(word));
	return true;
}

static bool play_table(struct play *play, const struct igvm_tlv *tlv)
{
	const struct igvm_ops *ops = play->ops;
	uint32_t index = load32(tlv->content + USE_AREA);
	const char *(*write)(void *, uint8_t *, uint32_t) = ops->memory_map;
	const char *reason;

	if (tlv->type == IGVM_MADT)
		write = ops->madt;
	else if (tlv->type == IGVM_DEVICE_TREE)
		write = ops->device_tree;
	reason = write(play->ctx, play->area[index],
		       play->file->area_size[index]);
	if (reason == igvm_unsupported && tlv->optional)
		return true;
	return result(play, tlv, reason);
}

/* -------------------------------------------------------------------- rest */

static bool play_required(struct play *play, const struct igvm_tlv *tlv)
{
	uint32_t bytes = load32(tlv->content + REQUIRED_BYTES);
	const char *reason = memory(play, tlv, bytes);

	if (!reason)
		reason = play->ops->required(play->ctx, load64(tlv->content),
					     bytes);
	return result(play, tlv, reason);
}

static bool play_vmsa(struct play *play, const struct igvm_tlv *tlv)
{
	uint32_t offset = load32(tlv->content + VP_OFFSET);

	return result(play, tlv,
		      play->ops->vmsa(play->ctx, load64(tlv->content),
				      play->file->data + offset));
}

static void decode_id_block(const uint8_t *id, struct igvm_id_block *block)
{
	block->author_enabled = id[ID_AUTHOR] != 0;
	memcpy(block->digest, id + ID_DIGEST, sizeof(block->digest));
	memcpy(block->family_id, id + ID_FAMILY, sizeof(block->family_id));
	memcpy(block->image_id, id + ID_IMAGE, sizeof(block->image_id));
	block->version = load32(id + ID_VERSION);
	block->guest_svn = load32(id + ID_SVN);
	block->id_algorithm = load32(id + ID_ALGORITHM);
	block->author_algorithm = load32(id + ID_AUTHOR_ALGORITHM);
	memcpy(block->id_signature, id + ID_SIGNATURE,
	       sizeof(block->id_signature));
	memcpy(block->id_key, id + ID_KEY, sizeof(block->id_key));
	memcpy(block->author_signature, id + ID_AUTHOR_SIGNATURE,
	       sizeof(block->author_signature));
	memcpy(block->author_key, id + ID_AUTHOR_KEY,
	       sizeof(block->author_key));
}

static bool play_id_block(struct play *play)
{
	struct igvm_id_block block;
	struct igvm_tlv tlv;

	if (play->id_block == 0)
		return true;
	tlv = igvm_tlv_at(play->file, play->id_block);
	decode_id_block(tlv.content, &block);
	return result(play, &tlv, play->ops->id_block(play->ctx, &block));
}

static bool play_directive(struct play *play, const struct igvm_tlv *tlv)
{
	switch (tlv->type) {
	case IGVM_AREA:
		return play_area(play, tlv);
	case IGVM_PAGE_DATA:
		return play_page(play, tlv);
	case IGVM_INSERT:
		return play_insert(play, tlv);
	case IGVM_VP_CONTEXT:
		return play_vmsa(play, tlv);
	case IGVM_REQUIRED:
		return play_required(play, tlv);
	case IGVM_VP_COUNT:
	case IGVM_ENVIRONMENT:
		return play_word(play, tlv);
	case IGVM_MADT:
	case IGVM_MEMORY_MAP:
	case IGVM_DEVICE_TREE:
		return play_table(play, tlv);
	case IGVM_ID_BLOCK:
		play->id_block = tlv->offset;
		return true;
	}
	return true;
}

static bool play_directives(struct play *play)
{
	const struct igvm_file *file = play->file;
	struct igvm_tlv tlv;

	for (uint32_t at = file->headers; at < file->headers_end;
	     at = (uint32_t)igvm_tlv_end(&tlv)) {
		tlv = igvm_tlv_at(file, at);
		if (igvm_applies(file, &tlv) && !play_directive(play, &tlv))
			return false;
	}
	return true;
}

static bool play_policy(struct play *play)
{
	const struct igvm_tlv where = { .offset = play->file->headers };

	if (!play->file->has_policy)
		return true;
	return result(play, &where,
		      play->ops->policy(play->ctx, play->file->policy));
}

bool igvm_play(const struct igvm_file *file, const struct igvm_ops *ops,
	       void *ctx, struct igvm_error *error)
{
	struct play play = {
		.file = file,
		.ops = ops,
		.ctx = ctx,
		.error = error,
	};

	return play_directives(&play) && play_policy(&play) && flush(&play) &&
	       play_id_block(&play);
}
