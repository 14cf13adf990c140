// load MODE -p PORT -l LOGINS …: MQTT load from one thread. LOGINS has a line "clientId user password" for each connection.
//   throughput  -q QOS -s BYTES -n MESSAGES [-P PUBLISHERS] [-S SUBSCRIBERS] [-w WINDOW]   prints messages/s
//   latency     -q QOS -s BYTES -n MESSAGES                                                prints p50 p99 in microseconds
//   first       -n CONNECTIONS         CONNECT, SUBSCRIBE, first PUBLISH at QoS 1: prints p50 p99 in microseconds
//   rate        -n CONNECTIONS -r PER_SECOND   as many new connections a second: prints the rate held, p50 and p99
//   idle        -n CONNECTIONS         from 127.0.0.2 and on, prints "ready", holds them until stdin closes
// -v 4|5 is MQTT's version, -t a topic. With no subscriber, throughput ends with the PINGRESP behind the last PUBLISH.
#include "mqtt.h"
#include <fcntl.h>
#include <poll.h>

enum { IN = 1 << 16, OUT = 1 << 18, PER_ADDRESS = 150 };

typedef struct {
  int fd, have, out_from, out_to, is_up, is_subscribed, has_pinged, has_pong, step;
  long sent, acked, got;
  uint16_t id;
  double since;
  uint8_t *in, *out;
} client;

typedef struct { char id[64], user[64], password[256]; } login;

static int port, qos, version = 5, window = 1000, bytes = 64, publishers = 1, subscribers = 1;
static long total = 100000, per_second = 1000;
static const char *topic = "bench/a/b", *logins_file;
static login *logins;
static long login_count;
static int ep;
static client *clients;
static uint8_t *message;
static int message_length, id_at;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void read_logins(void) {
  FILE *file = fopen(logins_file, "r");
  if (file == 0) die("no logins");
  long room = 1024;
  logins = malloc((size_t)room * sizeof *logins);
  while (fscanf(file, "%63s %63s %255s", logins[login_count].id, logins[login_count].user, logins[login_count].password) == 3)
    if (++login_count == room) logins = realloc(logins, (size_t)(room *= 2) * sizeof *logins);
  fclose(file);
}

static void make_message(void) {
  uint8_t *body = malloc((size_t)bytes + strlen(topic) + 16);
  int n = put_text(body, topic), id = n;
  if (qos) n += 2;
  if (version == 5) body[n++] = 0;
  memset(body + n, 'x', (size_t)bytes);
  n += bytes;
  message = malloc((size_t)n + 8);
  message_length = put_packet(message, 0x30 | qos << 1, body, n);
  id_at = message_length - n + id;
}

static void flush(client *c) {
  while (c->out_from < c->out_to) {
    ssize_t n = write(c->fd, c->out + c->out_from, (size_t)(c->out_to - c->out_from));
    if (n < 0) {
      if (errno == EAGAIN) return;
      die("a connection broke while writing");
    }
    c->out_from += (int)n;
  }
  c->out_from = c->out_to = 0;
}

static void put(client *c, const uint8_t *from, int length) {
  if (c->out_to + length > OUT) flush(c);
  if (c->out_to + length > OUT) die("nobody reads");
  memcpy(c->out + c->out_to, from, (size_t)length);
  c->out_to += length;
}

static int connect_packet(uint8_t *to, long which) {
  uint8_t body[512];
  login *l = logins + which % login_count;
  int n = put_text(body, "MQTT");
  body[n++] = (uint8_t)version;
  body[n++] = 0xc2; // user name, password, clean
  body[n++] = 0;
  body[n++] = 0;
  if (version == 5) body[n++] = 0;
  n += put_text(body + n, l->id);
  n += put_text(body + n, l->user);
  n += put_text(body + n, l->password);
  return put_packet(to, 0x10, body, n);
}

static void put_subscribe(client *c, const char *filter) {
  uint8_t body[256], packet[300];
  int n = 0;
  body[n++] = 0;
  body[n++] = 1;
  if (version == 5) body[n++] = 0;
  n += put_text(body + n, filter);
  body[n++] = (uint8_t)qos;
  put(c, packet, put_packet(packet, 0x82, body, n));
}

static void put_message(client *c) {
  if (qos) {
    if (++c->id == 0) c->id = 1;
    message[id_at] = (uint8_t)(c->id >> 8);
    message[id_at + 1] = (uint8_t)c->id;
  }
  put(c, message, message_length);
  c->sent++;
}

static void dial(client *c, long which, int source) {
  int on = 1;
  uint8_t packet[600];
  uint8_t *in = c->in, *out = c->out;
  memset(c, 0, sizeof *c);
  c->in = in ? in : malloc(IN);
  c->out = out ? out : malloc(OUT);
  c->fd = socket(AF_INET, SOCK_STREAM, 0);
  if (c->fd < 0) die("no more sockets: raise the limit on open files");
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (source) {
    setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK + (uint32_t)source)};
    if (bind(c->fd, (void *)&from, sizeof from)) die("no such source address");
  }
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  c->since = now();
  if (connect(c->fd, (void *)&to, sizeof to)) die("nobody listens");
  fcntl(c->fd, F_SETFL, O_NONBLOCK);
  struct epoll_event both = {EPOLLIN | EPOLLOUT | EPOLLET, {.ptr = c}};
  epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &both);
  put(c, packet, connect_packet(packet, which));
  flush(c);
}

static void take(client *c, int first, const uint8_t *body, int length) {
  int type = first >> 4;
  if (type == CONNACK) {
    if (body[1]) { fprintf(stderr, "CONNACK 0x%02x\n", body[1]); exit(1); }
    c->is_up = 1;
  } else if (type == SUBACK) {
    if (body[length - 1] > 2) die("SUBSCRIBE was refused");
    c->is_subscribed = 1;
  } else if (type == PUBACK) {
    if (version == 5 && length > 2 && body[2] >= 0x80) die("PUBLISH was refused");
    c->acked++;
  } else if (type == PINGRESP) c->has_pong = 1;
  else if (type == DISCONNECT) die("disconnected");
  else if (type == PUBLISH) {
    c->got++;
    if (first & 6) {
      int id = (body[0] << 8 | body[1]) + 2;
      uint8_t puback[] = {0x40, 2, body[id], body[id + 1]};
      put(c, puback, 4);
    }
  }
}

static void pull(client *c) {
  for (;;) {
    ssize_t n = read(c->fd, c->in + c->have, (size_t)(IN - c->have));
    if (n == 0) die("closed by the peer");
    if (n < 0) {
      if (errno != EAGAIN) die("a connection broke while reading");
      return;
    }
    c->have += (int)n;
    int at = 0, body = 0, size;
    while ((size = packet_size(c->in + at, c->have - at, &body)) > 0) {
      take(c, c->in[at], c->in + at + body, size - body);
      at += size;
    }
    memmove(c->in, c->in + at, (size_t)(c->have - at));
    c->have -= at;
  }
}

static void turn(int wait_ms) {
  struct epoll_event events[256];
  int count = epoll_wait(ep, events, 256, wait_ms);
  for (int i = 0; i < count; i++) {
    client *c = events[i].data.ptr;
    if (c->fd < 0) continue;
    pull(c);
    flush(c);
  }
}

static void until(const int *flag, const char *what) {
  double end = now() + 20;
  while (!*flag) {
    turn(1000);
    if (now() > end) die(what);
  }
}

static void open_all(void) {
  clients = calloc((size_t)(subscribers + publishers), sizeof *clients);
  for (int i = 0; i < subscribers + publishers; i++) {
    client *c = clients + i;
    dial(c, i, 0);
    until(&c->is_up, "no CONNACK");
    if (i >= subscribers) continue;
    put_subscribe(c, topic);
    flush(c);
    until(&c->is_subscribed, "no SUBACK");
  }
}

static int may_send(const client *c, long each, long sent, long got) {
  if (c->sent >= each || c->out_to - c->out_from >= 65536) return 0;
  if (subscribers && sent - got >= window) return 0;
  return !(qos && c->sent - c->acked >= window);
}

static void throughput(void) {
  open_all();
  client *end = clients + subscribers + publishers, *first_publisher = clients + subscribers;
  long each = total / publishers, goal = each * publishers, seen = -1;
  double began = now(), last = began;
  for (;;) {
    long got = goal, acked = 0, sent = 0, pongs = 0;
    for (client *c = clients; c < first_publisher; c++) if (c->got < got) got = c->got;
    for (client *c = first_publisher; c < end; c++) { acked += c->acked; sent += c->sent; pongs += c->has_pong; }
    long done = subscribers ? got : qos ? acked : pongs == publishers ? goal : 0;
    if (qos && acked < done) done = acked;
    if (done >= goal) break;
    int more = 0;
    for (client *c = first_publisher; c < end; c++) {
      for (int room = 64; room > 0 && may_send(c, each, sent, got); room--) { put_message(c); sent++; }
      if (c->sent == each && !subscribers && !qos && !c->has_pinged) {
        uint8_t pingreq[] = {0xc0, 0};
        put(c, pingreq, 2);
        c->has_pinged = 1;
      }
      flush(c);
      more |= c->out_from == c->out_to && may_send(c, each, sent, got);
    }
    turn(more ? 0 : 200);
    if (sent + got + acked != seen) { seen = sent + got + acked; last = now(); }
    else if (now() - last > 10) die("nothing moved for ten seconds");
  }
  printf("%.0f\n", (double)goal / (now() - began));
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void print_percentiles(double *us, long count) {
  qsort(us, (size_t)count, sizeof *us, by_value);
  printf("%.1f %.1f\n", us[count / 2], us[count * 99 / 100]);
}

static void latency(void) {
  publishers = subscribers = 1;
  open_all();
  client *s = clients, *p = clients + 1;
  long warm = total / 10;
  double *us = malloc((size_t)total * sizeof *us);
  for (long i = 0; i < total + warm; i++) {
    double began = now();
    put_message(p);
    flush(p);
    while (s->got <= i) turn(2000);
    if (i >= warm) us[i - warm] = (now() - began) * 1e6;
    while (qos && p->acked <= i) turn(2000);
  }
  print_percentiles(us, total);
}

static void first(void) {
  clients = calloc(1, sizeof *clients);
  qos = 1;
  make_message();
  long warm = total / 10;
  double *us = malloc((size_t)total * sizeof *us);
  for (long i = 0; i < total + warm; i++) {
    client *c = clients;
    dial(c, i, 0);
    until(&c->is_up, "no CONNACK");
    put_subscribe(c, "bench/other");
    flush(c);
    until(&c->is_subscribed, "no SUBACK");
    put_message(c);
    flush(c);
    while (c->acked == 0) turn(2000);
    if (i >= warm) us[i - warm] = (now() - c->since) * 1e6;
    uint8_t bye[] = {0xe0, 0};
    if (write(c->fd, bye, 2) < 0) die("write");
    close(c->fd);
  }
  print_percentiles(us, total);
}

// New connections at a fixed pace; each closes once it was let in.
static void rate(void) {
  enum { OPEN = 4096 };
  clients = calloc(OPEN, sizeof *clients);
  for (int i = 0; i < OPEN; i++) clients[i].fd = -1;
  double *us = malloc((size_t)total * sizeof *us), began = now();
  long begun = 0, done = 0;
  int next = 0;
  while (done < total) {
    while (begun < total && (double)begun < (now() - began) * (double)per_second) {
      client *c = clients + next;
      if (c->fd >= 0) die("the pace is not held: 4096 connections wait");
      next = (next + 1) % OPEN;
      dial(c, begun, 1 + (int)(begun % 200));
      begun++;
    }
    turn(1);
    for (int i = 0; i < OPEN; i++) {
      client *c = clients + i;
      if (c->fd < 0 || !c->is_up) continue;
      us[done++] = (now() - c->since) * 1e6;
      uint8_t bye[] = {0xe0, 0};
      if (write(c->fd, bye, 2) < 0) die("write");
      close(c->fd);
      c->fd = -1;
    }
  }
  printf("%.0f ", (double)total / (now() - began));
  print_percentiles(us, total);
}

static void idle(void) {
  enum { AT_ONCE = 64 };
  clients = calloc((size_t)total, sizeof *clients);
  // All share their buffers: nothing is ever kept in them.
  uint8_t *in = malloc(IN), *out = malloc(OUT);
  for (long i = 0; i < total; i++) {
    clients[i].in = in;
    clients[i].out = out;
    dial(clients + i, i, 1 + (int)(i / PER_ADDRESS));
    if (i >= AT_ONCE) until(&clients[i - AT_ONCE].is_up, "no CONNACK");
  }
  for (long i = total > AT_ONCE ? total - AT_ONCE : 0; i < total; i++) until(&clients[i].is_up, "no CONNACK");
  printf("ready\n");
  fflush(stdout);
  struct pollfd input = {0, POLLIN, 0};
  for (char byte; poll(&input, 1, 100) == 0 || read(0, &byte, 1) > 0;) turn(0);
}

int main(int count, char **words) {
  if (count < 2) die("usage: load MODE -p PORT -l LOGINS …");
  const char *mode = words[1];
  optind = 2;
  for (int option; (option = getopt(count, words, "p:l:q:s:n:P:S:w:v:t:r:")) > 0;) switch (option) {
    case 'p': port = atoi(optarg); break;
    case 'l': logins_file = optarg; break;
    case 'q': qos = atoi(optarg); break;
    case 's': bytes = atoi(optarg); break;
    case 'n': total = atol(optarg); break;
    case 'P': publishers = atoi(optarg); break;
    case 'S': subscribers = atoi(optarg); break;
    case 'w': window = atoi(optarg); break;
    case 'v': version = atoi(optarg); break;
    case 't': topic = optarg; break;
    case 'r': per_second = atol(optarg); break;
    default: die("an option that load does not know");
  }
  raise_file_limit();
  read_logins();
  make_message();
  ep = epoll_create1(0);
  if (!strcmp(mode, "throughput")) throughput();
  else if (!strcmp(mode, "latency")) latency();
  else if (!strcmp(mode, "first")) first();
  else if (!strcmp(mode, "rate")) rate();
  else if (!strcmp(mode, "idle")) idle();
  else die("an unknown mode");
  return 0;
}
