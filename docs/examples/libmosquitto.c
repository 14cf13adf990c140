/* Publishes with libmosquitto over TLS, by credential, and tells the PUBACK's reason code (MQTT 5).
 * Build: cc -O2 -Wall -o libmosquitto libmosquitto.c -lmosquitto
 * Usage: libmosquitto PASSWORD_FILE USER_NAME CLIENT_ID CA_FILE HOST PORT TOPIC MESSAGE */
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char **args;
static int exit_code = 1;

static void on_connect(struct mosquitto *client, void *data, int code, int flags, const mosquitto_property *properties) {
  (void)data, (void)flags, (void)properties;
  if (code) {
    fprintf(stderr, "refused: %s\n", mosquitto_reason_string(code));
    mosquitto_disconnect(client);
    return;
  }
  mosquitto_publish_v5(client, NULL, args[7], (int)strlen(args[8]), args[8], 1, false, NULL);
}

static void on_publish(struct mosquitto *client, void *data, int id, int code, const mosquitto_property *properties) {
  (void)data, (void)id, (void)properties;
  exit_code = code < 0x80 ? 0 : 1;
  printf("PUBACK %s\n", mosquitto_reason_string(code));
  mosquitto_disconnect(client);
}

int main(int argc, char **argv) {
  char password[256];
  args = argv;
  FILE *file = argc == 9 ? fopen(argv[1], "r") : NULL;
  if (!file || !fgets(password, sizeof password, file)) {
    fprintf(stderr, "Usage: libmosquitto PASSWORD_FILE USER_NAME CLIENT_ID CA_FILE HOST PORT TOPIC MESSAGE\n");
    return 2;
  }
  fclose(file);
  password[strcspn(password, "\r\n")] = 0;

  mosquitto_lib_init();
  struct mosquitto *client = mosquitto_new(argv[3], true, NULL);
  mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
  mosquitto_username_pw_set(client, argv[2], password);
  mosquitto_tls_set(client, argv[4], NULL, NULL, NULL, NULL);
  mosquitto_connect_v5_callback_set(client, on_connect);
  mosquitto_publish_v5_callback_set(client, on_publish);
  int error = mosquitto_connect(client, argv[5], atoi(argv[6]), 60);
  if (!error) error = mosquitto_loop_forever(client, 10000, 1);
  if (error) fprintf(stderr, "%s\n", mosquitto_strerror(error));
  mosquitto_destroy(client);
  mosquitto_lib_cleanup();
  return exit_code;
}
