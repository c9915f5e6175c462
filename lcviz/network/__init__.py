import sys

# OpenVINO tells its makers of each import unless the package that does so is missing.
sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
