#!/bin/sh
# Subscribes and publishes with Mosquitto's clients. Each has a folder that `npx flytrap device credential` wrote: its
# options and password are read from there, since a command line stands in every list of processes.
# Usage: mosquitto.sh SUBSCRIBER_DIR PUBLISHER_DIR TOPIC MESSAGE
set -eu

XDG_CONFIG_HOME=$1 mosquitto_sub -t "$3" -q 1 -C 1 -W 10 -F '%t %p' &
subscriber=$!
sleep 1

# A denied PUBLISH is a warning and exit code 0: look for it.
said=$(XDG_CONFIG_HOME=$2 mosquitto_pub -t "$3" -q 1 -m "$4" 2>&1) || { echo "$said" >&2; kill $subscriber; exit 1; }
case $said in *"Not authorized"*) echo "$said" >&2; kill $subscriber; exit 1 ;; esac
wait $subscriber
