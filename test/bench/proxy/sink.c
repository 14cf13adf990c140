// sink: an upstream that answers CONNECT, SUBSCRIBE, PINGREQ and PUBLISH at QoS 1, and discards all else. Prints its port.
#include "mqtt.h"

enum { SIZE = 1 << 18 };
typedef struct {
  int fd, have, is5, out_from, out_to;
  uint8_t in[SIZE], out[SIZE];
} peer;

static void answer(peer *p, const uint8_t *bytes, int length) {
  if (p->out_to + length > SIZE) die("the sink's answers are not read");
  memcpy(p->out + p->out_to, bytes, (size_t)length);
  p->out_to += length;
}

static void take(peer *p, int first, const uint8_t *body, int length) {
  int type = first >> 4;
  if (type == CONNECT) {
    p->is5 = length > 6 && body[6] == 5;
    uint8_t connack[] = {0x20, (uint8_t)(2 + p->is5), 0, 0, 0};
    answer(p, connack, 4 + p->is5);
  } else if (type == SUBSCRIBE) {
    uint8_t suback[] = {0x90, (uint8_t)(3 + p->is5), body[0], body[1], 0, 0};
    answer(p, suback, 5 + p->is5);
  } else if (type == PINGREQ) {
    uint8_t pingresp[] = {0xd0, 0};
    answer(p, pingresp, 2);
  } else if (type == PUBLISH && (first & 6)) {
    int id = (body[0] << 8 | body[1]) + 2;
    uint8_t puback[] = {0x40, 2, body[id], body[id + 1]};
    answer(p, puback, 4);
  }
}

static void flush(peer *p) {
  while (p->out_from < p->out_to) {
    ssize_t n = write(p->fd, p->out + p->out_from, (size_t)(p->out_to - p->out_from));
    if (n < 0) return;
    p->out_from += (int)n;
  }
  p->out_from = p->out_to = 0;
}

static int serve(peer *p) {
  flush(p);
  for (;;) {
    ssize_t n = read(p->fd, p->in + p->have, (size_t)(SIZE - p->have));
    if (n == 0) return 0;
    if (n < 0) return errno == EAGAIN;
    p->have += (int)n;
    int at = 0, body = 0, size;
    while ((size = packet_size(p->in + at, p->have - at, &body)) > 0) {
      take(p, p->in[at], p->in + at + body, size - body);
      at += size;
    }
    memmove(p->in, p->in + at, (size_t)(p->have - at));
    p->have -= at;
    flush(p);
  }
}

int main(void) {
  int on = 1, server = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), ep = epoll_create1(0);
  struct sockaddr_in place = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof place;
  if (bind(server, (void *)&place, sizeof place) || listen(server, 1024)) die("the sink cannot listen");
  getsockname(server, (void *)&place, &length);
  printf("%d\n", ntohs(place.sin_port));
  fflush(stdout);
  raise_file_limit();
  struct epoll_event watch = {EPOLLIN, {.ptr = 0}}, events[64];
  epoll_ctl(ep, EPOLL_CTL_ADD, server, &watch);
  for (;;) {
    int count = epoll_wait(ep, events, 64, -1);
    for (int i = 0; i < count; i++) {
      peer *p = events[i].data.ptr;
      if (p != 0) {
        if (serve(p)) continue;
        close(p->fd);
        free(p);
        continue;
      }
      int fd = accept4(server, 0, 0, SOCK_NONBLOCK);
      if (fd < 0) continue;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      p = calloc(1, sizeof *p);
      p->fd = fd;
      struct epoll_event both = {EPOLLIN | EPOLLOUT | EPOLLET, {.ptr = p}};
      epoll_ctl(ep, EPOLL_CTL_ADD, fd, &both);
    }
  }
}
