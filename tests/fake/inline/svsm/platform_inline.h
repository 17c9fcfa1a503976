/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * In a process no instruction of platform.h is inline: all are functions of
 * the fake machine.
 */
