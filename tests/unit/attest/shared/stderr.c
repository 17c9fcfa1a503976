/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * libtpms.a is not made for shared objects: it wants the C library's variable
 * to be near. Ours is, and has the same file.
 */
extern char _IO_2_1_stderr_;
extern void *stderr;

void *stderr = &_IO_2_1_stderr_;
