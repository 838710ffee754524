/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Frames: who has the server's address, asked with a header made by SNP and with one of our own. */
#include "tests/boot/efi/report.h"
#include "tests/boot/efi/snp_checks.h"

enum {
    HEADER = 14,
    ARP_LEN = 28,
    PROTOCOL_ARP = 0x0806,
    RECEIVED_MAX = 2048,
    PATIENCE_US = 2000000,
    STEP_US = 1000,
    BURST = 100,
};

static UINT8 frame[HEADER + ARP_LEN];

/* RFC 826. */
static void write_request(void)
{
    static const UINT8 fixed[8] = {0, 1, 8, 0, 6, 4, 0, 1};

    memset(frame, 0, sizeof(frame));
    memset(frame, 0xff, 6);
    memcpy(frame + 6, &snp->Mode->CurrentAddress, 6);
    frame[12] = PROTOCOL_ARP >> 8;
    frame[13] = PROTOCOL_ARP & 0xff;
    memcpy(frame + HEADER, fixed, sizeof(fixed));
    memcpy(frame + HEADER + 8, &snp->Mode->CurrentAddress, 6);
    memcpy(frame + HEADER + 14, station_ip, 4);
    memcpy(frame + HEADER + 24, server_ip, 4);
}

/* Waits for the buffer to come back: it is SNP's until then. */
static bool comes_back(const void *buffer)
{
    for (unsigned waited = 0; waited < PATIENCE_US; waited += STEP_US) {
        void *returned = NULL;

        if (EFI_ERROR(snp->GetStatus(snp, NULL, &returned)))
            return false;
        if (returned == buffer)
            return true;
        if (returned != NULL)
            return false;
        bs->Stall(STEP_US);
    }
    return false;
}

static bool is_answer(const UINT8 *received, UINTN size)
{
    return size >= HEADER + ARP_LEN && received[12] == PROTOCOL_ARP >> 8 && received[13] == (PROTOCOL_ARP & 0xff) &&
           received[HEADER + 7] == 2 && memcmp(received + HEADER + 14, server_ip, 4) == 0;
}

static void drain(void)
{
    static UINT8 dump[RECEIVED_MAX];
    UINTN size;

    do
        size = sizeof(dump);
    while (snp->Receive(snp, NULL, &size, dump, NULL, NULL, NULL) == EFI_SUCCESS);
}

/* Skips what else comes along. */
static bool hear_answer(void)
{
    static UINT8 received[RECEIVED_MAX];
    EFI_MAC_ADDRESS from, to;
    UINT16 protocol = 0;
    UINTN header = 0;

    for (unsigned waited = 0; waited < PATIENCE_US; waited += STEP_US) {
        UINTN size = sizeof(received);
        EFI_STATUS status = snp->Receive(snp, &header, &size, received, &from, &to, &protocol);

        if (status == EFI_NOT_READY) {
            bs->Stall(STEP_US);
            continue;
        }
        if (EFI_ERROR(status))
            return false;
        if (is_answer(received, size))
            return header == HEADER && protocol == PROTOCOL_ARP && memcmp(&to, &snp->Mode->CurrentAddress, 6) == 0 &&
                   memcmp(&from, received + 6, 6) == 0;
    }
    return false;
}

static void check_small_buffer(void)
{
    static UINT8 received[RECEIVED_MAX];
    EFI_STATUS status = EFI_NOT_READY;
    UINTN size = 0, small = 0;

    drain();
    check_status("24.1.13", "Transmit: once more", snp->Transmit(snp, 0, sizeof(frame), frame, NULL, NULL, NULL),
                 EFI_SUCCESS);
    for (unsigned waited = 0; waited < PATIENCE_US && status == EFI_NOT_READY; waited += STEP_US) {
        small = 10;
        status = snp->Receive(snp, NULL, &small, received, NULL, NULL, NULL);
        bs->Stall(STEP_US);
    }
    check_status("24.1.14", "Receive: a buffer of 10 bytes", status, EFI_BUFFER_TOO_SMALL);
    check(small >= HEADER + ARP_LEN && small < RECEIVED_MAX, "24.1.14", "Receive: says what is needed");
    size = small;
    check_status("24.1.14", "Receive: a buffer of that size",
                 snp->Receive(snp, NULL, &size, received, NULL, NULL, NULL), EFI_SUCCESS);
    check_number("24.1.14", "Receive: the same frame", size, small);
    check(comes_back(frame), "24.1.12", "GetStatus: gives the buffer back");
}

/* More than any ring holds: each is sent or refused, and every one that was sent comes back once. */
static void check_burst(void)
{
    static UINT8 frames[BURST][HEADER + ARP_LEN];
    static bool is_out[BURST];
    unsigned sent = 0, returned = 0, wrong = 0;

    for (unsigned i = 0; i < BURST; i++) {
        EFI_STATUS status;

        memcpy(frames[i], frame, sizeof(frame));
        status = snp->Transmit(snp, 0, sizeof(frame), frames[i], NULL, NULL, NULL);
        is_out[i] = status == EFI_SUCCESS;
        sent += is_out[i];
        wrong += status != EFI_SUCCESS && status != EFI_NOT_READY;
    }
    for (unsigned waited = 0; waited < PATIENCE_US && returned < sent; waited += STEP_US) {
        void *buffer = NULL;
        unsigned i;

        while (snp->GetStatus(snp, NULL, &buffer) == EFI_SUCCESS && buffer != NULL) {
            for (i = 0; i < BURST && buffer != frames[i]; i++)
                ;
            wrong += i == BURST || !is_out[i];
            if (i < BURST)
                is_out[i] = false;
            returned++;
        }
        bs->Stall(STEP_US);
    }
    check(sent > 0 && wrong == 0, "24.1.13", "Transmit: 100 at once are taken or NOT_READY, and each comes back once");
    check_number("24.1.12", "GetStatus: gives all that were sent back", returned, sent);
    drain();
}

void snp_frames(void)
{
    EFI_MAC_ADDRESS everybody = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
    UINT16 protocol = PROTOCOL_ARP;
    static UINT8 received[RECEIVED_MAX];
    UINTN size = sizeof(received);

    check_status("24.1.7", "ReceiveFilters: unicast alone, so no stranger's broadcasts",
                 snp->ReceiveFilters(snp, EFI_SIMPLE_NETWORK_RECEIVE_UNICAST, EFI_SIMPLE_NETWORK_RECEIVE_BROADCAST,
                                     FALSE, 0, NULL),
                 EFI_SUCCESS);
    drain();
    check_status("24.1.14", "Receive: nothing is there", snp->Receive(snp, NULL, &size, received, NULL, NULL, NULL),
                 EFI_NOT_READY);
    write_request();
    memset(frame, 0, HEADER);
    check_status("24.1.13", "Transmit: SNP makes the header",
                 snp->Transmit(snp, HEADER, sizeof(frame), frame, NULL, &everybody, &protocol), EFI_SUCCESS);
    check(comes_back(frame), "24.1.12", "GetStatus: gives the buffer back");
    check(hear_answer(), "24.1.14", "Receive: the answer, its addresses and protocol");
    write_request();
    check_status("24.1.13", "Transmit: a header of our own",
                 snp->Transmit(snp, 0, sizeof(frame), frame, NULL, NULL, NULL), EFI_SUCCESS);
    check(comes_back(frame), "24.1.12", "GetStatus: gives the buffer back");
    check(hear_answer(), "24.1.14", "Receive: the answer");
    check_small_buffer();
    check_burst();
}
