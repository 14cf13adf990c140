/* Publishes with sockets alone: MQTT 3.1.1 by hand, by credential. In clear text, so on the proxy's own machine, or
 * inside a tunnel: elsewhere take libmosquitto.c, which speaks TLS.
 * Build: cc -O2 -Wall -o plain plain.c     Usage: plain OPTIONS_FILE TOPIC MESSAGE
 * OPTIONS_FILE is the file `mosquitto_pub` that `npx flytrap device credential` wrote: `-h HOST`, `-i ID` and so on. */
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char host[256] = "127.0.0.1", port[16] = "1883", client_id[257], user[64], password[256];

static void fail(const char *what) { fprintf(stderr, "%s\n", what); exit(1); }

static void read_options(const char *path) {
  char line[512];
  FILE *file = fopen(path, "r");
  if (!file) fail("the options file cannot be read");
  while (fgets(line, sizeof line, file)) {
    line[strcspn(line, "\r\n")] = 0;
    char *value = strchr(line, ' ');
    if (!value) continue;
    *value++ = 0;
    if (!strcmp(line, "-h")) snprintf(host, sizeof host, "%s", value);
    if (!strcmp(line, "-p")) snprintf(port, sizeof port, "%s", value);
    if (!strcmp(line, "-i")) snprintf(client_id, sizeof client_id, "%s", value);
    if (!strcmp(line, "-u")) snprintf(user, sizeof user, "%s", value);
    if (!strcmp(line, "-P")) snprintf(password, sizeof password, "%s", value);
  }
  fclose(file);
}

static unsigned char packet[4096];
static size_t length;

static void add(const void *bytes, size_t size) {
  if (length + size > sizeof packet) fail("the packet is too large for this example");
  memcpy(packet + length, bytes, size);
  length += size;
}

static void add_text(const char *text) {
  size_t size = strlen(text);
  unsigned char prefix[2] = {size >> 8, size & 0xff};
  add(prefix, 2);
  add(text, size);
}

/* Puts first byte and remaining length, seven bits a byte, before the body, and sends both. */
static void send_packet(int fd, unsigned char first) {
  unsigned char head[5] = {first};
  size_t size = 1, rest = length;
  do {
    head[size++] = (rest & 127) | (rest > 127 ? 128 : 0);
    rest >>= 7;
  } while (rest);
  memmove(packet + size, packet, length);
  memcpy(packet, head, size);
  length += size;
  for (size_t sent = 0; sent < length;) {
    ssize_t n = write(fd, packet + sent, length - sent);
    if (n <= 0) fail("the proxy closed the connection");
    sent += n;
  }
  length = 0;
}

/* Reads CONNACK or PUBACK: four bytes in MQTT 3.1.1. */
static void read_answer(int fd, unsigned char answer[4]) {
  for (size_t got = 0; got < 4;) {
    ssize_t n = read(fd, answer + got, 4 - got);
    if (n <= 0) fail("the proxy closed the connection: MQTT 3.1.1 has no other way to deny a PUBLISH");
    got += n;
  }
}

int main(int argc, char **argv) {
  if (argc != 4) fail("Usage: plain OPTIONS_FILE TOPIC MESSAGE");
  read_options(argv[1]);
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
  if (getaddrinfo(host, port, &hints, &found)) fail("the host is unknown");
  int fd = socket(found->ai_family, SOCK_STREAM, 0);
  if (fd < 0 || connect(fd, found->ai_addr, found->ai_addrlen)) fail("the proxy does not answer");

  unsigned char answer[4], level_flags_keepalive[] = {4, 0xc2, 0, 60}, id[] = {0, 1};
  add_text("MQTT");
  add(level_flags_keepalive, sizeof level_flags_keepalive);
  add_text(client_id);
  add_text(user);
  add_text(password);
  send_packet(fd, 0x10);
  read_answer(fd, answer);
  if (answer[3]) { fprintf(stderr, "refused: CONNACK %d\n", answer[3]); return 1; }

  add_text(argv[2]);
  add(id, sizeof id);
  add(argv[3], strlen(argv[3]));
  send_packet(fd, 0x32); /* QoS 1 */
  read_answer(fd, answer);
  printf("PUBACK\n");
  send_packet(fd, 0xe0);
  close(fd);
  freeaddrinfo(found);
  return 0;
}
