/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What the two files about deposits share: room in the ownership map.
 *
 * Context: the ownership lock is held, but for deposit_room_busy().
 */
#ifndef SVSM_CORE_GUEST_DEPOSIT_H
#define SVSM_CORE_GUEST_DEPOSIT_H

#include "internal.h"

/** Once: keep nodes back, in addition to those that the map has. */
void deposit_room_init(struct svsm_guest *guest);

/**
 * A list of @p n pages comes; then deposit_room_settle().
 *
 * @return  How many of them this call may take: one, when the map is full.
 */
unsigned deposit_room_begin(struct svsm_guest *guest, unsigned n);

/** A full map gets a page that nobody uses; nodes are kept back again. */
void deposit_room_settle(struct svsm_guest *guest);

/**
 * A call was answered "busy": was it for want of room in the map?
 *
 * @return  Incomplete, when a page that was there has become room; "one page
 *          of memory needed", when there is none; else busy.
 */
svsm_result_t deposit_room_busy(struct svsm_guest *guest);

#endif
