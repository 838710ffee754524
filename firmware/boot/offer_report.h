/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What the person at the machine reads about offers: who gave the address, who was ignored and why. (Who named the boot
 * file stands beside its name.)
 */
#ifndef PUCK_BOOT_OFFER_REPORT_H
#define PUCK_BOOT_OFFER_REPORT_H

struct session;

/* The address, its gateway and its server, once it is bound. */
void offer_report_lease(struct session *);

/* A line each for the offers that came to nothing, four at most and the number of the others; by flow.choice. */
void offer_report_ignored(struct session *);

/* What of the packet that flow.choice goes by could not be believed. */
void offer_report_doubts(struct session *);

#endif
