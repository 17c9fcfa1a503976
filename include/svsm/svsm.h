/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Everything an SVSM's C file needs to say what it is and to run. Further
 * libraries (memory, virtio, attestation) have headers of their own.
 */
#ifndef SVSM_SVSM_H
#define SVSM_SVSM_H

#include <svsm/addr.h>
#include <svsm/core_protocol.h>
#include <svsm/image.h>
#include <svsm/log.h>
#include <svsm/percpu.h>
#include <svsm/protocol.h>
#include <svsm/run.h>
#include <svsm/smp.h>
#include <svsm/terminate.h>

#endif
