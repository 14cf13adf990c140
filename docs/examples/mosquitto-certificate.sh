#!/bin/sh
# Publishes with a device key: the key of a TLS client certificate, which may be signed by itself.
# Made once:   openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj /CN=sensor -keyout sensor.key -out sensor.pem
# Authorized:  npx flytrap device authorize --certificate sensor.pem --until 365d --as OWNER
# Usage: mosquitto-certificate.sh CERTIFICATE KEY CA_FILE HOST PORT WALLET CLIENT_ID TOPIC MESSAGE
set -eu
exec mosquitto_pub --cert "$1" --key "$2" --cafile "$3" -h "$4" -p "$5" -V mqttv5 -u "$6" -i "$7" -t "$8" -q 1 -m "$9"
