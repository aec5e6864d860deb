"""The managers' side: knows only the MQTT contract."""
