/** The ONNX runtime, which is imported nowhere else: here nothing of it can send anything. */
import './noTelemetry';

export * from 'onnxruntime-node';
