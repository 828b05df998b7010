/**
 * Imported before the ONNX runtime, which reads the variable when it is loaded: without it the
 * runtime's 1.30 asks for the address of a collector and writes a device id into the home folder.
 */
process.env.ORT_DISABLE_TELEMETRY = '1';
