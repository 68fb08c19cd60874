"""Object detection: how good detections are."""
