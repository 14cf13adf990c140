"""Subscribes, publishes and receives with Eclipse Paho (1.6 or 2), by credential, over TLS.

Usage: python3 paho-device.py DEVICE_JSON CA_FILE HOST PORT TOPIC MESSAGE
DEVICE_JSON is what `npx flytrap device credential … --json` printed.
"""
import json
import sys

import paho.mqtt.client as mqtt

device_file, ca_file, host, port, topic, message = sys.argv[1:]
with open(device_file, encoding="utf-8") as file:
    device = json.load(file)

version = (mqtt.CallbackAPIVersion.VERSION2,) if hasattr(mqtt, "CallbackAPIVersion") else ()
client = mqtt.Client(*version, client_id=device["clientId"], protocol=mqtt.MQTTv5)
client.username_pw_set(device["username"], device["password"])
client.tls_set(ca_certs=ca_file)


def stop(code, text):
    print(text, file=sys.stderr if code else sys.stdout)
    client.exit_code = code
    client.disconnect()


def on_connect(client, _userdata, _flags, reason, _properties):
    if reason.is_failure if hasattr(reason, "is_failure") else reason.value >= 0x80:
        return stop(1, f"refused: {reason}")
    client.subscribe(topic, qos=1)


def on_subscribe(client, _userdata, _mid, reasons, _properties):
    if reasons[0].value >= 0x80:
        return stop(1, f"{topic}: {reasons[0]}")
    # Paho 1.6 does not tell the PUBACK's reason code; 2 gives it to on_publish.
    client.publish(topic, message, qos=1)


def on_message(_client, _userdata, received):
    stop(0, f"{received.topic} {received.payload.decode()}")


client.exit_code = 1
client.on_connect, client.on_subscribe, client.on_message = on_connect, on_subscribe, on_message
client.connect(host, int(port))
client.loop_forever(retry_first_connection=False)
sys.exit(client.exit_code)
