// What load.c and sink.c share: MQTT's fixed header, and sockets that never wait.
#pragma once
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECT = 1, CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP, SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK, PINGREQ, PINGRESP, DISCONNECT };

static inline void die(const char *why) {
  fprintf(stderr, "%s\n", why);
  exit(1);
}

static inline int put_text(uint8_t *to, const char *text) {
  int length = (int)strlen(text);
  to[0] = (uint8_t)(length >> 8);
  to[1] = (uint8_t)length;
  memcpy(to + 2, text, (size_t)length);
  return length + 2;
}

static inline int put_packet(uint8_t *to, int first, const uint8_t *body, int length) {
  int at = 0, rest = length;
  to[at++] = (uint8_t)first;
  do {
    to[at++] = (uint8_t)((rest & 127) | (rest > 127 ? 128 : 0));
    rest >>= 7;
  } while (rest > 0);
  memcpy(to + at, body, (size_t)length);
  return at + length;
}

// Returns the size of the packet that begins at `from`, with its body's place in `*body`; 0 while it is not whole.
static inline int packet_size(const uint8_t *from, int have, int *body) {
  int length = 0, shift = 0;
  for (int i = 1; i < have && i < 5; i++) {
    length |= (from[i] & 127) << shift;
    shift += 7;
    if (from[i] & 128) continue;
    *body = i + 1;
    return i + 1 + length <= have ? i + 1 + length : 0;
  }
  return 0;
}

static inline void raise_file_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}
