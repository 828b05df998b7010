/** Who put a model on the disk, as far as the place tells; `given` where a path was named. */
export type DiskPlace = 'given' | 'huggingface' | 'ollama' | 'lmStudio' | 'llamaCpp';

/** How a model is stored. */
export type DiskFormat = 'ONNX' | 'safetensors' | 'PyTorch' | 'GGUF';

/** A model on the disk, as its names and headers tell before it is opened. */
export interface DiskModel {
  /** Absolute path of what is opened: a folder or a file. */
  readonly path: string;
  /** As its makers name it: `org/name@revision`, `llama3.2:1b`, or its folder or file. */
  readonly name: string;
  readonly place: DiskPlace;
  readonly format: DiskFormat;
  /** `model_type` of its configuration, or the architecture that a GGUF file names. */
  readonly family?: string;
  /** Of most of its weights: `float32`, `bfloat16`, `Q4_K_M`, … */
  readonly precision?: string;
  /** Bytes of its files. */
  readonly bytes: number;
  /** Bytes of memory that it takes once it is open, about; of texts of usual length. */
  readonly memory?: number;
  /** Why it will not open, in a sentence; absent where nothing is known to be in the way. */
  readonly refused?: string;
}
